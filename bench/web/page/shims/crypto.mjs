export const randomUUID = () => globalThis.crypto.randomUUID();
export default { randomUUID };
