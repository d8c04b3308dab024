// What packages would bring along for engines that lack it.
export const { AbortController, AbortSignal } = globalThis;
