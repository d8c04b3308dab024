// two retries after 503
// 503 GET /once !
// 503 GET /once !
// 200 GET /once up
import axios from "axios";
import axiosRetry from "axios-retry"; // .default

const client = axios.create({ baseURL: event.secrets.URL });
axiosRetry(client, { retries: 3, retryDelay: () => 1 });
console.log((await client.get("/once")).data);
