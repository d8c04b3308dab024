// MongoClient.connect
import { MongoClient } from "mongodb";

await new MongoClient("mongodb://127.0.0.1:27017").connect();
