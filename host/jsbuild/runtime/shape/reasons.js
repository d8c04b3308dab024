// Why what an action finds differs from Node: the first pattern that matches a
// difference, as differences.js writes it, gives its reason.
const kinds = String.raw`: (?:accessor )?(?:get|set|getset|object|array|function \d+(?: new| class)?|\w+)`;

export const reasons = [
  [/^[-+!] node:(?:fs|net|tls|dns|dgram|child_process|cluster|worker_threads|vm|v8|inspector|repl|http2|readline|tty|trace_events|wasi|sqlite|sea|test)\b/, "Modules that a sandbox can't have. They can be loaded; what is used of them refuses with an error that says what to do instead, also under names that are not listed here."],
  [/^[-+!] (?:process|node:process)\b/, "process is an action's own small one: what belongs to a process of the operating system, to V8 or to Node's internals is left out or refuses."],
  [/^- (?:WebAssembly|BroadcastChannel|PerformanceObserver\w*|PerformanceResourceTiming)\b/, "Globals that an action does not have: the engine runs no WebAssembly, there are no other threads, and no entries to observe."],
  [/^[-+!] WebSocket\b/, "An action opens no sockets; WebSocket is there to be looked for, and refuses."],
  [/^- RegExp\./, "The engine lacks the legacy properties of RegExp."],
  [/^\+ (?:Iterator|DisposableStack|AsyncDisposableStack|SuppressedError|InternalError|Float16Array|Uint8Array|Math|Map|WeakMap|ArrayBuffer|DataView|RegExp|Promise|Error|Array|JSON|Atomics)\b/, "The engine knows newer parts of the language than Node 22."],
  [/^[-+!] Intl\b|^! (?:Date|Number|BigInt|String)\.prototype\.(?:toLocale|localeCompare)/, "Intl is made of our own English and of formatjs's data, with what actions use."],
  [/^[-+!] (?:node:)?console\b/, "console writes to the run's log: there are no streams behind it."],
  [/^[-+!] (?:node:crypto|Crypto\w*|SubtleCrypto)\b/, "Cryptography is the host's: what it does not serve refuses, and the properties of the classes have other flags."],
  [/^[-+!] (?:node:https?)\b/, "The host makes the connections: servers, parsers and sockets are left out."],
  [/^[-+!] node:zlib\b/, "node:zlib is pako; Brotli and Zstandard refuse."],
  [/^[-+!] node:(?:os|constants)\b/, "The machine is an imagined one, with the constants that packages read."],
  [/^[-+!] node:module\b/, "Actions are bundled: there is no loader to configure."],
  [/^[-+!] node:(?:stream|string_decoder|punycode|url|path|querystring)\b/, "The modules stand on packages from npm, whose functions have other lengths or are not constructors."],
  [/^[-+!] node:async_hooks\b/, "AsyncLocalStorage and AsyncResource work; hooks are accepted and never called, as the engine has no such events."],
  [new RegExp(`^! (.*)(${kinds}) [-w][-e][-c] → (?:.*)\\2 [-w][-e][-c]$`), "A property has other flags (writable, enumerable, configurable)."],
  [/^! .*: function \d+(?: new| class)? ... → function \d+(?: new| class)? ...$/, "A function has another number of parameters, or can't be called with new, or must be."],
  [/^[-+!] (?:MessagePort|MessageChannel|MessageEvent|Event|EventTarget|AbortSignal|AbortController|Performance\w*|performance|navigator|Navigator|Blob|File|Headers|Request|Response|FormData|URL|URLSearchParams|DOMException|CustomEvent|structuredClone|\w+Stream\w*|\w+QueuingStrategy|Text(?:En|De)coder\w*|Storage|EventSource)\b/, "The web's classes are written after the standards; Node's own additions to them are left out."],
  [/^[-+!] node:/, "Parts of these modules that no package was seen to use."],
  [/^! (?:process|global|Buffer|Error|AggregateError|setTimeout|setImmediate|String)\b/, "The engine's own properties, or plain ones where Node has accessors."],
];
