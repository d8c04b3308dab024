// a schema, a query, its errors
import { buildSchema, graphql } from "graphql";

const schema = buildSchema("type Query { hi(name: String!): String, n: [Int!] }");
console.log(JSON.stringify(await graphql({ schema, source: '{ hi(name: "Jö") n }', rootValue: { hi: ({ name }) => `Hi ${name}`, n: [1, 2] } })), (await graphql({ schema, source: "{ none }" })).errors.map(String));
