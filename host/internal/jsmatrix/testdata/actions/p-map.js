// map with a limit
import pMap from "p-map"; // .default

console.log(await pMap([1, 2, 3], async (n) => n * 2, { concurrency: 2 }));
