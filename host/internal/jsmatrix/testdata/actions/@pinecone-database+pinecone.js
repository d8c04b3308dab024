// an index by its host: query
// 200 POST users-1.svc.pinecone.io/query {"matches":[{"id":"1","score":0.9}],"namespace":""}
import { Pinecone } from "@pinecone-database/pinecone";

const index = new Pinecone({ apiKey: event.secrets.TOKEN }).index("users", "users-1.svc.pinecone.io");
console.log((await index.query({ vector: [0.1, 0.2], topK: 1 })).matches);
