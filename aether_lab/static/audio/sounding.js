// Only one panel of a page sounds. Panels of a notebook load a module each, so what they share stands on `globalThis`.

const SOUNDING = Symbol.for("aether_lab.sounding");

/** Makes `sound` the one that sounds; another one yields to it. @param {{ yield(): void }} sound */
export function soundAlone(sound) {
  const other = globalThis[SOUNDING];
  globalThis[SOUNDING] = sound;
  if (other && other !== sound) other.yield();
}

/** Forgets a sound that has ended. @param {{ yield(): void }} sound */
export function releaseSound(sound) {
  if (globalThis[SOUNDING] === sound) globalThis[SOUNDING] = null;
}
