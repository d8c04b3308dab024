// a fuzzy search
import Fuse from "fuse.js";

console.log(new Fuse([{ t: "Old Man's War" }, { t: "The Lock Artist" }], { keys: ["t"], includeScore: true }).search("od man").map((r) => [r.item.t, r.score.toFixed(3)]));
