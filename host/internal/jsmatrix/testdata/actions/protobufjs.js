// a message by reflection
import protobuf from "protobufjs";

const type = protobuf.parse('syntax = "proto3"; message User { string id = 1; repeated int32 n = 2; map<string, bool> m = 3; }').root.lookupType("User");
const bytes = type.encode(type.create({ id: "1", n: [1, 300], m: { a: true } })).finish();
console.log(Buffer.from(bytes).toString("hex"), JSON.stringify(type.toObject(type.decode(bytes))), type.verify({ id: 7 }));
