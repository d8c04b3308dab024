// upsert, search
// 200 PUT qdrant.example.com/collections/users/points {"result":{"operation_id":1,"status":"completed"},"status":"ok","time":0.1}
// 200 POST qdrant.example.com/collections/users/points/search {"result":[{"id":1,"version":1,"score":0.9}],"status":"ok","time":0.1}
import { QdrantClient } from "@qdrant/js-client-rest";

const client = new QdrantClient({ url: "https://qdrant.example.com", port: null, apiKey: event.secrets.TOKEN, checkCompatibility: false });
console.log(await client.upsert("users", { points: [{ id: 1, vector: [0.1, 0.2] }] }));
console.log(await client.search("users", { vector: [0.1, 0.2], limit: 1 }));
