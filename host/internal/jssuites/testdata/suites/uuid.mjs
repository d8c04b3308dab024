import * as uuid from "uuid";

describe("v4", () => {
  it("has its version and its variant", () => {
    for (let i = 0; i < 100; i++) match(uuid.v4(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
  it("does not repeat", () => eq(new Set(Array.from({ length: 500 }, () => uuid.v4())).size, 500));
  it("takes its random bytes", () => eq(uuid.v4({ random: Uint8Array.from({ length: 16 }, (_, i) => i) }), "00010203-0405-4607-8809-0a0b0c0d0e0f"));
  it("calls rng", () => eq(uuid.v4({ rng: () => new Uint8Array(16).fill(255) }), "ffffffff-ffff-4fff-bfff-ffffffffffff"));
  it("refuses too few random bytes", () => throws(() => uuid.v4({ random: new Uint8Array(3) })));
  it("fills a buffer at an offset", () => {
    const buffer = new Uint8Array(20);
    eq(uuid.v4({ random: new Uint8Array(16).fill(1) }, buffer, 4), buffer);
    eq([...buffer.slice(0, 6)], [0, 0, 0, 0, 1, 1]);
  });
  it("refuses an offset beyond the buffer", () => throws(() => uuid.v4({}, new Uint8Array(16), 1), RangeError));
});

describe("v1", () => {
  it("is made of a time, a clock and a node", () => eq(uuid.v1({ msecs: 1321651533573, nsecs: 5432, clockseq: 0x385c, node: Uint8Array.of(0x61, 0xcd, 0x3c, 0xbb, 0x32, 0x10) }), "d9428888-122b-11e1-b85c-61cd3cbb3210"));
  it("sorts by v6", () => ok(uuid.v6({ msecs: 1 }) < uuid.v6({ msecs: 2 })));
  it("becomes v6 and returns", () => {
    const one = "f1207660-21d2-11ef-8c4f-419efbd44d48";
    eq(uuid.v1ToV6(one), "1ef21d2f-1207-6660-8c4f-419efbd44d48");
    eq(uuid.v6ToV1(uuid.v1ToV6(one)), one);
  });
  it("does not repeat", () => eq(new Set(Array.from({ length: 100 }, () => uuid.v1())).size, 100));
});

describe("v3 and v5", () => {
  it("v3 of a name", () => eq(uuid.v3("hello.example.com", uuid.v3.DNS), "9125a8dc-52ee-365b-a5aa-81b0b3681cf6"));
  it("v5 of a name", () => eq(uuid.v5("hello.example.com", uuid.v5.DNS), "fdda765f-fc57-5604-a269-52a7df8164ec"));
  it("v5 of a URL", () => eq(uuid.v5("http://example.com/hello", uuid.v5.URL), "3bbcee75-cecc-5b56-8031-b6641c1ed1f1"));
  it("of letters beyond ASCII", () => eq(uuid.v5("jö€😀", uuid.v5.URL), uuid.v5(new TextEncoder().encode("jö€😀"), uuid.v5.URL)));
  it("take a namespace of one's own", () => eq(uuid.version(uuid.v5("a", "1b671a64-40d5-491e-99b0-da01ff1f3341")), 5));
  it("refuse a namespace that is none", () => throws(() => uuid.v5("a", "no")));
});

describe("v7", () => {
  it("begins with its time", () => eq(uuid.v7({ msecs: 0x17f22e279b0, seq: 0x0cc318c4, random: new Uint8Array(16) }).slice(0, 13), "017f22e2-79b0"));
  it("rises", () => {
    const list = Array.from({ length: 50 }, () => uuid.v7());
    eq([...list].sort(), list);
  });
  it("has its version", () => eq(uuid.version(uuid.v7()), 7));
});

describe("strings", () => {
  it("validate", () => eq(["", "no", uuid.NIL, uuid.MAX, "d9428888-122b-11e1-b85c-61cd3cbb3210", "D9428888-122B-11E1-B85C-61CD3CBB3210", "d9428888-122b-11e1-c85c-61cd3cbb3210", 7, undefined].map(uuid.validate), [false, false, true, true, true, true, false, false, false]));
  it("version", () => eq([uuid.version(uuid.NIL), uuid.version("d9428888-122b-11e1-b85c-61cd3cbb3210")], [0, 1]));
  it("version of what is none", () => throws(() => uuid.version("no"), TypeError));
  it("parse", () => eq([...uuid.parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")].slice(0, 4), [0x6e, 0xc0, 0xbd, 0x7f]));
  it("stringify", () => eq(uuid.stringify(uuid.parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")), "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"));
  it("stringify at an offset", () => eq(uuid.stringify([9, ...uuid.parse("6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b")], 1), "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b"));
  it("parse what is none", () => throws(() => uuid.parse("no"), TypeError));
  it("stringify what is none", () => throws(() => uuid.stringify(new Uint8Array(16).fill(0x11).fill(0xff, 8)), TypeError));
});
