import { z } from "zod";

const issues = (schema, value) => schema.safeParse(value).error.issues.map((i) => [i.code, i.path.join("."), i.message]);
const good = (schema, value) => schema.safeParse(value).success;

describe("primitives", () => {
  it("string", () => eq([good(z.string(), "x"), good(z.string(), 1)], [true, false]));
  it("number refuses NaN", () => eq([good(z.number(), 1.5), good(z.number(), NaN), good(z.number(), Infinity)], [true, false, false]));
  it("int", () => eq([good(z.int(), 7), good(z.int(), 7.1)], [true, false]));
  it("bigint", () => eq(z.bigint().parse(7n), 7n));
  it("boolean, null, undefined", () => eq([good(z.boolean(), false), good(z.null(), null), good(z.undefined(), undefined), good(z.null(), undefined)], [true, true, true, false]));
  it("date", () => eq([good(z.date(), new Date(0)), good(z.date(), new Date(NaN)), good(z.date(), "x")], [true, false, false]));
  it("literal", () => eq([good(z.literal("a"), "a"), good(z.literal(["a", 1]), 1), good(z.literal("a"), "b")], [true, true, false]));
  it("symbol, any, unknown, never", () => eq([good(z.symbol(), Symbol()), good(z.any(), 1), good(z.unknown(), undefined), good(z.never(), 1)], [true, true, true, false]));
  it("the message of a wrong type", () => eq(issues(z.string(), 7), [["invalid_type", "", "Invalid input: expected string, received number"]]));
});

describe("strings", () => {
  it("length", () => eq([good(z.string().min(2), "x"), good(z.string().max(2), "xyz"), good(z.string().length(2), "xy")], [false, false, true]));
  it("email", () => eq(["a@b.co", "a@b", "a b@c.de", "ö@b.co"].map((s) => good(z.email(), s)), [true, false, false, false]));
  it("url", () => eq(["https://a.example/x", "mailto:a@b.c", "no"].map((s) => good(z.url(), s)), [true, true, false]));
  it("uuid", () => eq(["d9428888-122b-11e1-b85c-61cd3cbb3210", "no"].map((s) => good(z.uuid(), s)), [true, false]));
  it("ipv4 and ipv6", () => eq([good(z.ipv4(), "1.2.3.4"), good(z.ipv4(), "1.2.3.400"), good(z.ipv6(), "::1"), good(z.ipv6(), "1.2.3.4")], [true, false, true, false]));
  it("dates", () => eq([good(z.iso.date(), "2026-02-28"), good(z.iso.date(), "2026-02-30"), good(z.iso.datetime(), "2026-01-01T00:00:00Z"), good(z.iso.datetime(), "2026-01-01")], [true, false, true, false]));
  it("base64 and jwt", () => eq([good(z.base64(), "aGk="), good(z.base64(), "?"), good(z.jwt(), "a.b.c")], [true, false, false]));
  it("regex, includes, ends", () => eq([good(z.string().regex(/^\d+$/), "12"), good(z.string().includes("b"), "abc"), good(z.string().startsWith("a").endsWith("c"), "abd")], [true, true, false]));
  it("trim and cases", () => eq(z.string().trim().toLowerCase().parse("  JÖ "), "jö"));
  it("emoji", () => eq([good(z.emoji(), "😀"), good(z.emoji(), "x")], [true, false]));
});

describe("numbers", () => {
  it("bounds", () => eq([good(z.number().gt(1), 1), good(z.number().gte(1), 1), good(z.number().lt(1), 1), good(z.number().lte(1), 1)], [false, true, false, true]));
  it("signs", () => eq([good(z.number().positive(), 0), good(z.number().nonnegative(), 0), good(z.number().negative(), -1)], [false, true, true]));
  it("multipleOf", () => eq([good(z.number().multipleOf(0.1), 0.3), good(z.number().multipleOf(5), 7)], [true, false]));
  it("coerce", () => eq([z.coerce.number().parse("12"), z.coerce.boolean().parse(""), z.coerce.string().parse(7), z.coerce.date().parse(0).getTime(), z.coerce.bigint().parse("9")], [12, false, "7", 0, 9n]));
});

describe("objects", () => {
  const user = z.object({ id: z.string(), n: z.number().optional() });
  it("drop unknown keys", () => eq(user.parse({ id: "1", x: 2 }), { id: "1" }));
  it("strict", () => eq(issues(z.strictObject({ a: z.string() }), { a: "1", b: 2 }), [["unrecognized_keys", "", 'Unrecognized key: "b"']]));
  it("loose", () => eq(z.looseObject({ a: z.string() }).parse({ a: "1", b: 2 }), { a: "1", b: 2 }));
  it("catchall", () => eq(good(z.object({}).catchall(z.number()), { a: "x" }), false));
  it("extend, pick, omit", () => eq([Object.keys(user.extend({ z: z.string() }).shape), Object.keys(user.pick({ id: true }).shape), Object.keys(user.omit({ id: true }).shape)], [["id", "n", "z"], ["id"], ["n"]]));
  it("partial and required", () => eq([good(user.partial(), {}), good(user.required(), { id: "1" })], [true, false]));
  it("paths of issues", () => eq(issues(z.object({ a: z.object({ b: z.array(z.number()) }) }), { a: { b: [1, "x"] } }), [["invalid_type", "a.b.1", "Invalid input: expected number, received string"]]));
  it("keyof", () => eq(user.keyof().options, ["id", "n"]));
  it("a getter that refers to itself", () => {
    const tree = z.object({ n: z.number(), get sub() { return z.array(tree).optional(); } });
    eq(good(tree, { n: 1, sub: [{ n: 2, sub: [{ n: "x" }] }] }), false);
  });
  it("record", () => eq([z.record(z.string(), z.number()).parse({ a: 1 }), good(z.record(z.enum(["a", "b"]), z.number()), { a: 1 })], [{ a: 1 }, false]));
});

describe("collections", () => {
  it("array bounds", () => eq([good(z.array(z.string()).min(1), []), good(z.array(z.string()).max(1), ["a", "b"]), good(z.array(z.string()).nonempty(), ["a"])], [false, false, true]));
  it("tuple", () => eq([good(z.tuple([z.string(), z.number()]), ["a", 1]), z.tuple([z.string()], z.number()).parse(["a", 1, 2]), good(z.tuple([z.string()]), [])], [true, ["a", 1, 2], false]));
  it("map and set", () => eq([z.map(z.string(), z.number()).parse(new Map([["a", 1]])).get("a"), good(z.set(z.number()), new Set(["x"]))], [1, false]));
  it("enum", () => {
    const e = z.enum(["a", "b"]);
    eq([e.options, good(e, "c"), e.enum.a, e.exclude(["a"]).options], [["a", "b"], false, "a", ["b"]]);
  });
  it("union", () => eq([z.union([z.string(), z.number()]).parse(7), good(z.string().or(z.number()), true)], [7, false]));
  it("discriminatedUnion", () => {
    const u = z.discriminatedUnion("t", [z.object({ t: z.literal("a"), x: z.string() }), z.object({ t: z.literal("b"), y: z.number() })]);
    eq([u.parse({ t: "b", y: 1 }), good(u, { t: "a", y: 1 }), issues(u, { t: "c" })[0][0]], [{ t: "b", y: 1 }, false, "invalid_union"]);
  });
  it("intersection", () => eq(z.object({ a: z.string() }).and(z.object({ b: z.string() })).parse({ a: "1", b: "2" }), { a: "1", b: "2" }));
});

describe("changing", () => {
  it("transform", () => eq(z.string().transform((s) => s.length).parse("abc"), 3));
  it("pipe", () => eq([z.string().transform(Number).pipe(z.number().max(5)).safeParse("7").success, z.string().transform(Number).pipe(z.number()).parse("7")], [false, 7]));
  it("preprocess", () => eq(z.preprocess((v) => String(v), z.string()).parse(7), "7"));
  it("default and prefault", () => eq([z.string().default("x").parse(undefined), z.string().trim().prefault(" y ").parse(undefined)], ["x", "y"]));
  it("catch", () => eq(z.number().catch(7).parse("x"), 7));
  it("optional, nullable, nullish", () => eq([good(z.string().optional(), null), good(z.string().nullable(), null), good(z.string().nullish(), undefined)], [false, true, true]));
  it("brand and readonly", () => ok(Object.isFrozen(z.object({ a: z.string() }).readonly().brand("B").parse({ a: "1" }))));
  it("stringbool", () => eq(["yes", "off", "TRUE"].map((s) => z.stringbool().parse(s)), [true, false, true]));
  it("codec", () => {
    const c = z.codec(z.string(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() });
    eq([c.decode("1970-01-01T00:00:00.000Z").getTime(), c.encode(new Date(0))], [0, "1970-01-01T00:00:00.000Z"]);
  });
});

describe("refining", () => {
  it("refine with a message", () => eq(issues(z.string().refine((s) => s > "m", "too early"), "a"), [["custom", "", "too early"]]));
  it("superRefine adds issues", () => eq(issues(z.array(z.string()).superRefine((list, ctx) => { if (new Set(list).size < list.length) ctx.addIssue({ code: "custom", message: "twice", path: [1] }); }), ["a", "a"]), [["custom", "1", "twice"]]));
  it("asynchronous", async () => eq([(await z.string().refine(async (s) => s === "x").safeParseAsync("y")).success, await z.string().transform(async (s) => s + "!").parseAsync("x")], [false, "x!"]));
  it("asynchronous in parse throws", () => throws(() => z.string().refine(async () => true).parse("x")));
  it("custom and instanceof", () => eq([good(z.custom((v) => v === 1), 2), good(z.instanceof(Date), new Date())], [false, true]));
  it("check", () => eq(good(z.string().check(z.minLength ? z.minLength(2) : (c) => { if (c.value.length < 2) c.issues.push({ code: "custom", input: c.value, message: "short" }); }), "x"), false));
});

describe("errors", () => {
  const broken = z.object({ a: z.string(), b: z.object({ c: z.number() }) }).safeParse({ a: 1, b: { c: "x" } }).error;
  it("are ZodErrors", () => {
    throws(() => z.string().parse(1), z.ZodError);
    ok(z.string().safeParse(1).error instanceof z.ZodError);
  });
  it("flattenError", () => eq(Object.keys(z.flattenError(broken).fieldErrors), ["a", "b"]));
  it("treeifyError", () => eq(z.treeifyError(broken).properties.b.properties.c.errors.length, 1));
  it("prettifyError", () => eq(z.prettifyError(broken), "✖ Invalid input: expected string, received number\n  → at a\n✖ Invalid input: expected number, received string\n  → at b.c"));
  it("messages of one's own", () => eq(issues(z.string({ error: (i) => (i.input === undefined ? "needed" : "no string") }), undefined)[0][2], "needed"));
  it("the message is JSON", () => eq(JSON.parse(broken.message).length, 2));
});

describe("more", () => {
  it("toJSONSchema", () => eq(z.toJSONSchema(z.object({ a: z.string().min(2), b: z.array(z.int()).optional() })).required, ["a"]));
  it("meta and describe", () => eq([z.string().describe("d").description, z.string().meta({ title: "t" }).meta().title], ["d", "t"]));
  it("lazy", () => {
    const list = z.lazy(() => z.array(z.union([z.number(), list])));
    eq(list.parse([1, [2, [3]]]), [1, [2, [3]]]);
  });
  it("function", () => throws(() => z.function({ input: [z.string()], output: z.number() }).implement((s) => s.length)(7)));
  it("promise", async () => eq(await z.promise(z.string()).parseAsync(Promise.resolve("x")), "x"));
  it("templateLiteral", () => eq([good(z.templateLiteral(["v", z.number()]), "v12"), good(z.templateLiteral(["v", z.number()]), "x")], [true, false]));
  it("locales", () => {
    eq(typeof z.locales.de, "function");
    eq(z.string().safeParse(1, { error: z.locales.de().localeError }).error.issues[0].message.startsWith("Ungültige Eingabe"), true);
  });
  it("file", () => eq(good(z.file().max(3), new File(["hello"], "a")), false));
});
