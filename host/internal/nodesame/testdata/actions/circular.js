// What people log: objects that hold themselves, errors, responses, the event.
exports.onExecutePostUserRegistration = async (event, api) => {
  const a = { name: "a", list: [1, 2, 3], when: new Date(0), none: undefined, f() {}, deep: { b: { c: { d: { e: 1 } } } } };
  a.self = a;
  a.list.push(a.list);
  console.log(a);
  console.log("user:", event.user, event.request?.geoip);
  console.log("%s is %d years, %i, %f, %j, %o, %O, 100%", "Ada", 36.5, 36.5, "1.5", { x: 1 }, [1], { y: { z: {} } }, "more");
  console.log(api, Object.keys(event).filter((key) => key !== "secrets"));
  console.log(new Map([["k", new Set([1, "2"])]]), Symbol("s"), 10n, -0, [, 1], [undefined, null], class A {}, async () => {}, /x/g, new Uint8Array(3));
  console.log(new URL("https://user:pass@example.com/a?b=c#d").searchParams.get("b"), String(new URL("https://EXAMPLE.com:443/%7Ea/../b")));
  try {
    JSON.stringify(a);
  } catch (error) {
    console.log(error.name, error.message.split("\n")[0]);
  }
  console.error(String(new RangeError("out of it")), "x".repeat(300).length, Array.from({ length: 120 }, (_, i) => i));
  console.debug("a\nb", ["multi\nline"], { "quoted-key": 'it\'s "both"' });
  console.log();
  console.log("", null, undefined, true, NaN);
};
