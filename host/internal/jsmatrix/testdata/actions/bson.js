// serialize, an ObjectId, EJSON
import { EJSON, ObjectId, deserialize, serialize } from "bson";

const bytes = serialize({ _id: new ObjectId("507f1f77bcf86cd799439011"), n: 1, d: new Date(0) });
console.log(Buffer.from(bytes).toString("hex"), EJSON.stringify(deserialize(bytes)), new ObjectId().toHexString().length);
