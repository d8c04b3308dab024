// ReadableStream, for those who work without it until the part that has it is
// loaded: an action is built with the parts that its code names.

class Missing {
  constructor() {
    throw new Error("this action was built without streams: write globalThis.ReadableStream somewhere in its code, so that it is built with them");
  }
  static from() {
    return new Missing();
  }
}

export let ReadableStream = Missing;

export function useReadableStream(Class) {
  ReadableStream = Class;
}
