// operators, a retry
import { defer, firstValueFrom, from, lastValueFrom, retry, timer } from "rxjs";
import { mergeMap, toArray } from "rxjs/operators";

console.log(await lastValueFrom(from([1, 2, 3]).pipe(mergeMap((n) => timer(1).pipe(mergeMap(async () => n * 2))), toArray())));
let n = 0;
console.log(await firstValueFrom(defer(async () => { if (++n < 3) throw new Error(); return n; }).pipe(retry(3))));
