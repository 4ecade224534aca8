module.exports = function assert(holds, what) {
  if (!holds) throw new Error(what);
};
