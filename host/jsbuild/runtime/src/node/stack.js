// Stacks in the form that programs know from V8: they begin with the error's
// name and message, and frames of the runtime itself are left out.

const errorText = Error.prototype.toString;

export function format(error, frames) {
  const lines = [heading(error)];
  for (const frame of frames) {
    const line = place(frame);
    if (line) lines.push(`    at ${line}`);
  }
  return lines.join("\n");
}

function heading(error) {
  try {
    return errorText.call(error);
  } catch {
    return "<error>";
  }
}

function place(frame) {
  const file = frame.getFileName();
  const name = (frame.isConstructor?.() ? "new " : "") + (frame.getFunctionName() ?? "");
  if (frame.isNative()) return name && !passing.has(name) ? `${name} (<anonymous>)` : null;
  if (!file || file === ownFile) return null;
  const position = `${file}:${frame.getLineNumber()}:${frame.getColumnNumber()}`;
  return name && name !== "<anonymous>" ? `${name} (${position})` : position;
}

// Functions that only call others.
const passing = new Set(["apply", "call", "construct", "new construct"]);

// The name under which this runtime itself was evaluated.
const ownFile = (() => {
  let file;
  Error.prepareStackTrace = (_, frames) => (file = frames[0]?.getFileName());
  new Error().stack;
  Error.prepareStackTrace = undefined;
  return file;
})();

Error.prepareStackTrace = format;
Object.defineProperty(Error, "prepareStackTrace", { enumerable: false });
