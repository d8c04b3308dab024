// What errors are made of, and what iterators have yet to give.
exports.onExecutePostUserRegistration = async () => {
  class A extends Error{constructor(m){super(m);Error.captureStackTrace(this,A);this.name="AA"}};
  const a=new A("q"); console.log(Object.getOwnPropertyNames(a), a.stack.split("\n")[0], Object.keys(a));
  const o={}; Error.captureStackTrace(o); console.log(Object.getOwnPropertyNames(o), typeof o.stack, o.stack.split("\n")[0]);
  const f=Object.freeze(new Error("fr")); console.log(f.stack.split("\n")[0], f.stack.split("\n")[0]);
  const e=new Error("a",{cause:"c"}); console.log(JSON.stringify(e,Object.getOwnPropertyNames(e)).slice(0,30), JSON.stringify(e)); e.stack="mine"; console.log(e.stack, Object.getOwnPropertyNames(e), Object.keys(e));
  console.log({...new Error("x")}, Object.assign({}, new Error("y")), structuredClone(new Error("z")).message);
  const c=Object.create(new Error("proto")); console.log(typeof c.stack, Object.hasOwn(c,"stack"), "stack" in Error.prototype);
  try{ null.x }catch(e){ console.log(Object.getOwnPropertyNames(e), e.message) }
  console.log(Object.getOwnPropertyNames(new AggregateError([1],"m",{cause:2})));
  const serr=e=>Object.fromEntries(Object.getOwnPropertyNames(e).map(k=>[k,typeof e[k]])); console.log(serr(new TypeError("t")));
  function Old(m){ Error.call(this,m); this.message=m; Error.captureStackTrace&&Error.captureStackTrace(this,Old);} require("util").inherits(Old,Error); console.log(Object.getOwnPropertyNames(new Old("z")), new Old("z").stack.split("\n")[0], new Old("r") instanceof Error);
  Error.stackTraceLimit=0; console.log(Object.getOwnPropertyNames(new Error("l")), new Error("l").stack); Error.stackTraceLimit=10;
  const g=function(){}; Error.captureStackTrace(g); console.log(typeof g.stack);
  console.log(require("util").inspect(new Error("i"),{showHidden:true}).split("\n")[0]);
  const d=new DOMException("m","AbortError"); console.log(Object.getOwnPropertyNames(d), d.stack.split("\n")[0]);
  async function deep(){ await null; throw new Error("async") } 
  const m=new Map([[1,{a:2}],["x",[1]]]); const it=m.entries(); it.next(); console.log(m.keys(),m.values(),m.entries(),it,new Set([1,2]).values(), new Set([1]).entries());
  const it2=m.values(); it2.next(); it2.next(); it2.next(); console.log(it2, new Map().keys()); m.delete(1); console.log(m.keys());
  console.log(await Promise.any([Promise.reject(1)]).catch((e) => [e.message, String(e)])); console.log(new AggregateError([]).message === "", new AggregateError([1],"m").message, AggregateError.prototype.message === "");
  try { await Promise.any([Promise.reject(1)]) } catch (e) { console.log(e.message, e.errors, e.stack.split("\n")[0]) }
};
