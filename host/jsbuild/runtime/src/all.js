// The runtime with all its parts, for tests.
import "./main.js";
import "./parts/http.js";
import "./parts/compression.js";
import "./parts/zlib.js";
import "./parts/assert.js";
import "./parts/crypto.js";
import "./parts/intl.js";
import "./parts/args.js";
import "./parts/diff.js";
import "./parts/glob.js";
import "./parts/undici.js";
