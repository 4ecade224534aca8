export function promisify(work) {
  return (...args) =>
    new Promise((resolve, reject) => work(...args, (error, value) => (error ? reject(error) : resolve(value))));
}

export function inherits(child, parent) {
  Object.setPrototypeOf(child.prototype, parent.prototype);
}

export default { promisify, inherits };
