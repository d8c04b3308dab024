import request from "superagent";

const seen = async (promise) => (await promise).body;

describe("methods", () => {
  for (const method of ["get", "post", "put", "patch", "delete", "options"]) it(method, async () => eq((await seen(request[method](at("/echo")))).method, method.toUpperCase()));
  it("del", async () => eq((await seen(request.del(at("/echo")))).method, "DELETE"));
  it("head", async () => eq((await request.head(at("/echo"))).headers["x-method"], "HEAD"));
  it("by name", async () => eq((await seen(request("PUT", at("/echo")))).method, "PUT"));
  it("end with a callback", async () => eq(await new Promise((resolve) => request.get(at("/status/200")).end((error, r) => resolve([error, r.body]))), [null, { status: 200 }]));
});

describe("sending", () => {
  it("an object is JSON", async () => {
    const r = await seen(request.post(at("/echo")).send({ a: "ö" }));
    eq([r.body, r.headers["content-type"]], ['{"a":"ö"}', "application/json"]);
  });
  it("several objects are one", async () => eq((await seen(request.post(at("/echo")).send({ a: 1 }).send({ b: 2 }))).body, '{"a":1,"b":2}'));
  it("a string is a form", async () => {
    const r = await seen(request.post(at("/echo")).send("a=1").send("b=2"));
    eq([r.body, r.headers["content-type"]], ["a=1&b=2", "application/x-www-form-urlencoded"]);
  });
  it("type form", async () => eq((await seen(request.post(at("/echo")).type("form").send({ a: 1, b: [1, 2] }))).body, "a=1&b=1&b=2"));
  it("a string as JSON", async () => eq((await seen(request.post(at("/echo")).type("json").send('{"a":1}'))).headers["content-type"], "application/json"));
  it("a Buffer", async () => eq((await seen(request.post(at("/echo")).type("application/octet-stream").send(Buffer.from([0, 255])))).base64, "AP8="));
  it("field and attach", async () => eq((await seen(request.post(at("/form")).field("a", "ö").attach("f", Buffer.from("x"), "f.txt"))).parts.map((p) => [p.name, p.file, p.body]), [["a", "", "ö"], ["f", "f.txt", "x"]]));
  it("fields of an object", async () => eq((await seen(request.post(at("/form")).field({ a: "1", b: "2" }))).parts.map((p) => p.name), ["a", "b"]));
  it("field and send do not mix", () => throws(() => request.post(at("/form")).field("a", "1").send({ b: 2 })));
  it("a serializer", async () => eq((await seen(request.post(at("/echo")).serialize((o) => "S" + JSON.stringify(o)).send({ a: 1 }))).body, 'S{"a":1}'));
});

describe("queries and headers", () => {
  it("query", async () => eq((await seen(request.get(at("/echo")).query({ a: "b c" }).query("d=1"))).query, { a: ["b c"], d: ["1"] }));
  it("query of lists", async () => eq((await seen(request.get(at("/echo")).query({ a: [1, 2] }))).query, { a: ["1", "2"] }));
  it("sortQuery", async () => eq((await seen(request.get(at("/echo")).query("b=1&a=2").sortQuery())).url, "/echo?a=2&b=1"));
  it("set", async () => eq((await seen(request.get(at("/echo")).set("X-A", "1").set({ "X-B": "2" }))).headers["x-b"], "2"));
  it("get and unset", () => {
    const r = request.get(at("/echo")).set("X-A", "1");
    eq([r.get("x-a"), r.unset("X-A").get("x-a")], ["1", undefined]);
  });
  it("accept and type", async () => {
    const r = await seen(request.post(at("/echo")).accept("json").type("text/x").send("y"));
    eq([r.headers.accept, r.headers["content-type"]], ["application/json", "text/x"]);
  });
  it("auth", async () => eq((await seen(request.get(at("/echo")).auth("u", "p"))).headers.authorization, "Basic dTpw"));
  it("auth by bearer", async () => eq((await seen(request.get(at("/echo")).auth("t", { type: "bearer" }))).headers.authorization, "Bearer t"));
});

describe("answers", () => {
  it("JSON", async () => {
    const r = await request.get(at("/status/200"));
    eq([r.body, r.text, r.type, r.status, r.ok], [{ status: 200 }, '{"status":200}', "application/json", 200, true]);
  });
  it("text", async () => {
    const r = await request.get(at("/text"));
    eq([r.text, r.charset, r.body], ["hällo", "utf-8", {}]);
  });
  it("bytes", async () => {
    const r = await request.get(at("/bytes/4")).responseType("arraybuffer");
    eq(Buffer.from(r.body).toString("hex"), "00ff8061");
  });
  it("responseType blob is a Buffer in Node", async () => ok(Buffer.isBuffer((await request.get(at("/text")).responseType("blob")).body)));
  it("gzip", async () => eq((await request.get(at("/gzip"))).text, "hello gzip"));
  it("a parser", async () => eq((await request.get(at("/text")).buffer(true).parse((r, done) => {
    let n = 0;
    r.on("data", (c) => (n += c.length));
    r.on("end", () => done(null, { n }));
  })).body, { n: 6 }));
  it("cookies are a list", async () => eq((await request.get(at("/cookies"))).headers["set-cookie"], ["a=1; Path=/", "b=2; Path=/; HttpOnly"]));
  it("no content", async () => eq((await request.get(at("/status/204"))).noContent, true));
  it("redirects", async () => {
    const r = await request.get(at("/hops/2"));
    eq([r.body.url, r.redirects], ["/echo", [at("/hops/1"), at("/echo")]]);
  });
  it("no redirects", async () => fails(request.get(at("/hops/1")).redirects(0), { status: 302 }));
  it("an agent has cookies", async () => {
    const agent = request.agent();
    await agent.get(at("/cookies"));
    eq((await seen(agent.get(at("/echo")))).headers.cookie, "a=1; b=2");
  });
});

describe("failures", () => {
  it("404", async () => {
    const error = await request.get(at("/status/404")).catch((e) => e);
    eq([error.message, error.status, error.response.body, error.response.notFound], ["Not Found", 404, { status: 404 }, true]);
  });
  it("ok of one's own", async () => eq((await request.get(at("/status/404")).ok((r) => r.status < 500)).status, 404));
  it("refused", async () => fails(request.get(CLOSED), { code: "ECONNREFUSED" }));
  it("broken JSON", async () => fails(request.get(at("/broken")), { name: "SyntaxError" }));
  it("timeout", async () => fails(request.get(at("/slow")).timeout({ deadline: 50 }), { timeout: 50, code: "ECONNABORTED" }));
  it("timeout of the response", async () => fails(request.get(at("/slow")).timeout({ response: 50 }), { code: "ECONNABORTED", errno: "ETIMEDOUT" }));
  it("retry", async () => eq((await seen(request.get(at("/flaky/superagent/2")).retry(3))).tries, 3));
  it("abort", async () => {
    const r = request.get(at("/slow"));
    const aborted = new Promise((resolve) => r.on("abort", resolve));
    setTimeout(() => r.abort(), 20);
    r.then(() => {}, () => {});
    await aborted;
  });
  it("maxResponseSize", async () => fails(request.get(at("/bytes/1000")).responseType("blob").maxResponseSize(10), { code: "ETOOLARGE" }));
});
