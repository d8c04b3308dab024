// writePoint, close; a query
// 204 POST influx.example.com/api/v2/write
// 200 POST influx.example.com/api/v2/query #datatype,string,long,double
import { InfluxDB, Point } from "@influxdata/influxdb-client";

const db = new InfluxDB({ url: "https://influx.example.com", token: event.secrets.TOKEN });
const write = db.getWriteApi("org", "bucket", "s");
write.writePoint(new Point("signups").tag("tenant", "t").intField("n", 1).timestamp(1000));
await write.close();
console.log((await db.getQueryApi("org").collectRows('from(bucket: "bucket")')).length);
