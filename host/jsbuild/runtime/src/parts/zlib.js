// Compression.
import "./stream.js";
import { builtins } from "../node/index.js";
import { zlib } from "../node/zlib.js";

builtins.zlib = zlib;
