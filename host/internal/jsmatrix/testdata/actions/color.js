// conversions
import Color from "color"; // .default

console.log(Color("#ff8000").hsl().round().string(), Color("red").darken(0.5).hex(), Color.rgb(1, 2, 3).isDark());
