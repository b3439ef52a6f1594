// Runs Frame.cs and Picture.cs for the tests: a command a line on standard input, an answer a line on standard output.
//   read HEX            the frame as JSON, or "error: ..."
//   open EPOCH          -> ok
//   apply HEX NOW       -> what became of it, or "error: ..."
//   row N NOW           -> cpu memory disk temperature status r g b age

using System;
using System.Globalization;
using System.Linq;
using PiTwin;

static class Golden
{
    static readonly Picture picture = new Picture();

    static void Main()
    {
        string line;
        while ((line = Console.ReadLine()) != null)
        {
            try { Console.WriteLine(Answer(line.Split(' '))); }
            catch (FrameError error) { Console.WriteLine("error: " + error.Message); }
        }
    }

    static string Answer(string[] words)
    {
        switch (words[0])
        {
            case "read": return Shown(Frame.Read(Bytes(words[1])));
            case "open": picture.Open(uint.Parse(words[1])); return "ok";
            case "apply": return picture.Apply(Frame.Read(Bytes(words[1])), Number(words[2])).ToString();
            case "row": return Row(int.Parse(words[1]), Number(words[2]));
            default: throw new ArgumentException(words[0]);
        }
    }

    static string Shown(Frame frame)
    {
        return "{\"kind\":\"" + frame.Kind.ToString().ToLowerInvariant() + "\",\"epoch\":" + frame.Epoch + ",\"seq\":" + frame.Seq
            + ",\"base\":" + frame.Base + ",\"time_ms\":" + frame.TimeMs + ",\"rows\":" + List(frame.Rows, Whole)
            + ",\"cpu\":" + List(frame.Cpu, Real) + ",\"memory\":" + List(frame.Memory, Real) + ",\"disk\":" + List(frame.Disk, Real)
            + ",\"temperature\":" + List(frame.Temperature, Real) + ",\"status\":" + List(frame.Status, value => Whole(value))
            + ",\"light\":" + List(frame.Light, value => Whole(value)) + ",\"age_ms\":" + List(frame.AgeMs, Whole) + "}";
    }

    static string Row(int row, double now)
    {
        var metrics = new[] { picture.Cpu, picture.Memory, picture.Disk, picture.Temperature }.Select(column => (double)column[row]);
        var bytes = new[] { picture.Status[row], picture.Light[3 * row], picture.Light[3 * row + 1], picture.Light[3 * row + 2] };
        var all = metrics.Concat(bytes.Select(value => (double)value)).Concat(new[] { picture.Age(row, now) });
        return string.Join(" ", all.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
    }

    static string List<T>(T[] values, Func<T, string> shown)
    {
        return values == null ? "null" : "[" + string.Join(",", values.Select(shown)) + "]";
    }

    static string Whole(int value) { return value == Frame.Never ? "6553500" : value.ToString(CultureInfo.InvariantCulture); }

    static string Real(float value) { return float.IsNaN(value) ? "null" : value.ToString("R", CultureInfo.InvariantCulture); }

    static double Number(string text) { return double.Parse(text, CultureInfo.InvariantCulture); }

    static byte[] Bytes(string hex)
    {
        return Enumerable.Range(0, hex.Length / 2).Select(i => Convert.ToByte(hex.Substring(2 * i, 2), 16)).ToArray();
    }
}
