// run.mjs: runs an action in Node and prints what it logged and threw, as JSON.
// Connections to the ports of HTTP lead to a receiver, whatever the name.
import { createRequire } from "node:module";
import net from "node:net";
import { format } from "node:util";

const [file, event, secrets, plain, secure] = process.argv.slice(2);
const ports = new Map([[80, plain], [8080, plain], [443, secure]]);
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const list = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
  const to = ports.get(Number(list[0].port));
  if (to && !list[0].path) list[0] = { ...list[0], host: "127.0.0.1", port: Number(to), lookup: undefined };
  return connect.call(this, list);
};

const lines = [];
let error = "";
for (const level of ["log", "info", "warn", "error"]) console[level] = (...args) => lines.push(format(...args));
const failed = (e) => { error ||= e instanceof Error ? `${e.name}: ${e.message}` : String(e); };
process.on("uncaughtException", failed);
process.on("exit", () => {
  process.exitCode = 0;
  process.stdout.write(JSON.stringify({ logs: lines, error }));
});

try {
  const action = file.endsWith(".mjs") ? await import(file) : createRequire(import.meta.url)(file);
  await action.onExecutePostUserRegistration({ ...JSON.parse(event), secrets: JSON.parse(secrets) }, {});
} catch (e) {
  failed(e);
}
setTimeout(() => process.exit(), 3000).unref(); // a connection or a timer may stay
