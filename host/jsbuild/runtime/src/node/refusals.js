// The modules that a sandbox cannot have: their errors name what to use instead.
import { EventEmitter } from "./events.js";
import { filesOf } from "./files.js";
import { checkServerIdentity } from "./tls-identity.js";
import { refused, refusedModule, rejecting } from "./unsupported.js";

const http = "use fetch or node:https, the only way out of an action";
const data = `${http}; a database is reached through its HTTP API, such as PostgREST, Neon's or PlanetScale's serverless driver, the MongoDB or RDS Data API, or Upstash Redis over REST`;
const files = "there is no file system: import the file (JSON or text) so that it is bundled with the action, or keep what changes in api.cache";
const threads = "an action is one thread: do the work in the handler, or send it to a service with fetch";
const code = "run the code as it is, in the action itself";

const isIPv4 = (text) => /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text) && !/(^|\.)0\d/.test(text);

function isIPv6(text) {
  const address = String(text).split("%", 1)[0];
  if (!/^[\da-f:.]+$/i.test(address) || !address.includes(":")) return false;
  return URL.canParse(`http://[${address}]/`);
}

const isIP = (text) => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);

const net = refusedModule({
  name: "net", instead: data,
  names: "BlockList Server Socket SocketAddress Stream connect createConnection createServer isIP isIPv4 isIPv6",
  real: { isIP, isIPv4, isIPv6, getDefaultAutoSelectFamily: () => true, setDefaultAutoSelectFamily: () => {}, getDefaultAutoSelectFamilyAttemptTimeout: () => 250, setDefaultAutoSelectFamilyAttemptTimeout: () => {} },
});

// A TLSSocket can be made: packages look into one when they load.
class TLSSocket extends EventEmitter {
  _handle = { _parentWrap: new (class JSStreamSocket {})() };
}

for (const name of ["connect", "write", "end", "read", "pipe"]) TLSSocket.prototype[name] = refused(`tls.TLSSocket.${name}`, data);

const tls = refusedModule({
  name: "tls", instead: data,
  names: "SecureContext Server TLSSocket connect convertALPNProtocols createSecureContext createSecurePair createServer getCACertificates rootCertificates setDefaultCACertificates",
  real: { TLSSocket, checkServerIdentity, DEFAULT_MAX_VERSION: "TLSv1.3", DEFAULT_MIN_VERSION: "TLSv1.2", DEFAULT_CIPHERS: "", DEFAULT_ECDH_CURVE: "auto", rootCertificates: [], getCiphers: () => [], createSecureContext: () => ({ context: {} }) },
});

const lookups = "lookup lookupService resolve resolve4 resolve6 resolveAny resolveCaa resolveCname resolveMx resolveNaptr resolveNs resolvePtr resolveSoa resolveSrv resolveTlsa resolveTxt reverse Resolver getServers setServers";
const resolvers = "the host resolves names: use fetch or node:https with the name itself, or a DNS-over-HTTPS service";
const dnsPromises = refusedModule({ name: "dns.promises", instead: resolvers, names: lookups, refuse: rejecting });
const dnsErrors = Object.fromEntries("NODATA FORMERR SERVFAIL NOTFOUND NOTIMP REFUSED BADQUERY BADNAME BADFAMILY BADRESP CONNREFUSED TIMEOUT EOF FILE NOMEM DESTRUCTION BADSTR BADFLAGS NONAME BADHINTS NOTINITIALIZED LOADIPHLPAPI ADDRGETNETWORKPARAMS CANCELLED".split(" ").map((name) => [name, `E${name}`]));
const dnsCodes = { ...dnsErrors, ADDRCONFIG: 32, V4MAPPED: 8, ALL: 16 };
const dns = refusedModule({ name: "dns", instead: resolvers, names: lookups, real: { ...dnsCodes, promises: dnsPromises, setDefaultResultOrder: () => {}, getDefaultResultOrder: () => "verbatim" } });

const fileNames = "access appendFile chmod chown close copyFile cp fchmod fchown fdatasync fstat fsync ftruncate futimes glob lchown link lstat lutimes mkdir mkdtemp open opendir read readdir readFile readlink readv realpath rename rm rmdir stat statfs symlink truncate unlink utimes write writeFile writev";
const syncNames = fileNames.split(" ").map((name) => `${name}Sync`).join(" ");
const modes = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128, O_TRUNC: 512, O_APPEND: 1024, S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384, S_IFLNK: 40960, COPYFILE_EXCL: 1 };
const promisedNames = "access appendFile chmod chown copyFile cp glob lchmod lchown link lstat lutimes mkdir mkdtemp open opendir readFile readdir readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes watch writeFile";
const own = filesOf(files);
const fsPromises = refusedModule({ name: "fs.promises", instead: files, names: promisedNames, real: { ...own.promised, constants: modes }, refuse: rejecting });
const fs = refusedModule({
  name: "fs", instead: files,
  names: `${fileNames} ${syncNames} createReadStream createWriteStream openAsBlob watch watchFile Dir Dirent FileReadStream FileWriteStream Stats ReadStream WriteStream`,
  real: { ...own.direct, constants: modes, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, promises: fsPromises, unwatchFile: () => {} },
});

const workers = {
  isMainThread: true, isInternalThread: false, threadId: 0, parentPort: null, workerData: null, resourceLimits: {}, SHARE_ENV: Symbol.for("nodejs.worker_threads.SHARE_ENV"),
  getEnvironmentData: () => undefined, setEnvironmentData: () => {}, markAsUntransferable: () => {}, markAsUncloneable: () => {}, isMarkedAsUntransferable: () => false,
  get MessageChannel() {
    return globalThis.MessageChannel ?? refused("worker_threads.MessageChannel", threads);
  },
  get MessagePort() {
    return globalThis.MessagePort ?? refused("worker_threads.MessagePort", threads);
  },
  get BroadcastChannel() {
    return globalThis.BroadcastChannel ?? refused("worker_threads.BroadcastChannel", threads);
  },
};

const noTerminal = "an action has no terminal: write to console";
const readlinePromises = refusedModule({ name: "readline.promises", instead: noTerminal, names: "Interface Readline createInterface" });

// heapStatistics has what is known: the most that a run may use.
const heapStatistics = () => ({ total_heap_size: 64 << 20, used_heap_size: 0, heap_size_limit: 64 << 20, total_available_size: 64 << 20, malloced_memory: 0, external_memory: 0 });

// Domains take errors of what they run, as they did before they were deprecated.
class Domain extends EventEmitter {
  run(f, ...args) {
    try {
      return f.apply(this, args);
    } catch (error) {
      this.emit("error", error);
    }
  }
  add() {}
  remove() {}
  enter() {}
  exit() {}
  bind(f) {
    return (...args) => this.run(f, ...args);
  }
}

const inspectorPromises = refusedModule({ name: "inspector.promises", instead: "write to console, or debug the action with usher dev", names: "Session open close url waitForDebugger", real: { url: () => undefined, close: () => {}, console: {} } });

export const refusals = {
  net,
  tls,
  dns,
  "dns/promises": dnsPromises,
  dgram: refusedModule({ name: "dgram", instead: http, names: "Socket createSocket" }),
  fs,
  "fs/promises": fsPromises,
  child_process: refusedModule({ name: "child_process", instead: "an action starts no other programs: call a service with fetch", names: "ChildProcess exec execFile execFileSync execSync fork spawn spawnSync" }),
  cluster: refusedModule({ name: "cluster", instead: threads, names: "fork setupMaster setupPrimary disconnect Worker", real: { isMaster: true, isPrimary: true, isWorker: false, workers: {}, settings: {} } }),
  worker_threads: refusedModule({ name: "worker_threads", instead: threads, names: "Worker MessageChannel MessagePort BroadcastChannel receiveMessageOnPort moveMessagePortToContext postMessageToThread", real: workers }),
  vm: refusedModule({ name: "vm", instead: code, names: "Script SourceTextModule compileFunction createContext createScript measureMemory isContext runInContext runInNewContext runInThisContext", real: { isContext: () => false, constants: {} } }),
  v8: refusedModule({ name: "v8", instead: "the engine is not V8: use structuredClone or JSON for copies", names: "serialize deserialize Serializer Deserializer getHeapSnapshot writeHeapSnapshot setFlagsFromString getHeapStatistics getHeapCodeStatistics getCppHeapStatistics DefaultSerializer DefaultDeserializer GCProfiler isStringOneByteRepresentation queryObjects setHeapSnapshotNearHeapLimit stopCoverage takeCoverage", real: { getHeapStatistics: heapStatistics, getHeapSpaceStatistics: () => [], cachedDataVersionTag: () => 0, setFlagsFromString: () => {} } }),
  inspector: refusedModule({ name: "inspector", instead: "write to console, or debug the action with usher dev", names: "Session open close url waitForDebugger", real: { url: () => undefined, close: () => {}, console: {} } }),
  "inspector/promises": inspectorPromises,
  sea: refusedModule({ name: "sea", instead: "import the file, so that it is bundled with the action", names: "getAsset getAssetAsBlob getAssetKeys getRawAsset isSea", real: { isSea: () => false } }),
  "test/reporters": refusedModule({ name: "test.reporters", instead: "run tests with node --test, outside the action", names: "dot junit lcov spec tap" }),
  repl: refusedModule({ name: "repl", instead: noTerminal, names: "REPLServer Recoverable isValidSyntax start writer", real: { builtinModules: [] } }),
  http2: refusedModule({ name: "http2", instead: "use fetch or node:https, for which the host speaks HTTP/2 where the server does", names: "connect createServer createSecureServer getDefaultSettings getPackedSettings getUnpackedSettings performServerHandshake Http2ServerRequest Http2ServerResponse", real: { constants: httpConstants(), sensitiveHeaders: Symbol.for("nodejs.http2.sensitiveHeaders") } }),
  readline: refusedModule({ name: "readline", instead: noTerminal, names: "Interface createInterface clearLine clearScreenDown cursorTo moveCursor emitKeypressEvents", real: { promises: readlinePromises } }),
  "readline/promises": readlinePromises,
  tty: refusedModule({ name: "tty", instead: noTerminal, names: "ReadStream WriteStream isatty", real: { isatty: () => false } }),
  trace_events: refusedModule({ name: "trace_events", instead: "use node:diagnostics_channel", names: "createTracing getEnabledCategories", real: { getEnabledCategories: () => undefined } }),
  wasi: refusedModule({ name: "wasi", instead: "write the action itself in a language that compiles to WebAssembly", names: "WASI" }),
  sqlite: refusedModule({ name: "sqlite", instead: data, names: "DatabaseSync StatementSync backup" }),
  test: refusedModule({ name: "test", instead: "run tests with node --test, outside the action", names: "test it describe suite before after beforeEach afterEach mock only run skip todo" }),
  domain: { Domain, create: () => new Domain(), createDomain: () => new Domain(), active: null },
};

// httpConstants are those of HTTP/2's names that clients read when they load.
function httpConstants() {
  const names = ["status", "method", "authority", "scheme", "path"].map((name) => [`HTTP2_HEADER_${name.toUpperCase()}`, `:${name}`]);
  const headers = ["authorization", "content-type", "content-length", "content-encoding", "accept-encoding", "cookie", "host", "location", "set-cookie", "user-agent", "retry-after"].map((name) => [`HTTP2_HEADER_${name.toUpperCase().replaceAll("-", "_")}`, name]);
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map((name) => [`HTTP2_METHOD_${name}`, name]);
  return { ...Object.fromEntries([...names, ...headers, ...methods]), NGHTTP2_CANCEL: 8, NGHTTP2_NO_ERROR: 0, NGHTTP2_REFUSED_STREAM: 7, HTTP_STATUS_OK: 200 };
}
