// Reads one binary frame of the twin. Plain C# 7 without packages: Unity, Godot, .NET and Mono all compile it.
// The layout is drawn in docs/clients.md; the project's tests run this file over the frames of tests/golden/frames.json.

using System;

namespace PiTwin
{
    public enum Kind { Snapshot = 0, Delta = 1, Replay = 2 }

    /// A frame that cannot be read. The message says which part is wrong; the picture before it stays good.
    public sealed class FrameError : Exception
    {
        public FrameError(string message) : base(message) { }
    }

    /// One decoded frame: columns of Rows.Length entries each. A column that the frame does not carry is null.
    public sealed class Frame
    {
        public const int HeaderBytes = 30;
        public const byte Version = 1;
        const byte WideRows = 0x80;

        public Kind Kind;
        public uint Epoch, Seq, Base;
        public long TimeMs;        // server milliseconds since 1970
        public int[] Rows;
        public float[] Cpu, Memory, Disk, Temperature;   // percent and degrees C; NaN = unknown
        public byte[] Status;      // indices into hello.statuses
        public byte[] Light;       // r, g, b of each row in turn
        public int[] AgeMs;        // at TimeMs; Never = longer ago than the wire can say, or never

        public const int Never = int.MaxValue;

        /// The bytes of a `frame` event. Throws FrameError; never reads past the end.
        public static Frame Read(byte[] data)
        {
            if (data.Length < HeaderBytes)
                throw new FrameError("a frame of " + data.Length + " bytes is shorter than its header of " + HeaderBytes);
            if (data[0] != 'T' || data[1] != 'F' || data[2] != Version)
                throw new FrameError("this is no frame of version " + Version);
            int kind = data[3] & ~WideRows;
            if (kind > (int)Kind.Replay)
                throw new FrameError("frame kind " + kind + " is none of snapshot, delta, replay");
            var reader = new Reader(data);
            var frame = new Frame
            {
                Kind = (Kind)kind,
                Epoch = reader.U32At(4),
                Seq = reader.U32At(8),
                Base = reader.U32At(12),
                TimeMs = reader.U32At(16) | (long)reader.U32At(20) << 32,
            };
            uint count = reader.U32At(24);
            int bits = reader.U16At(28);
            reader.Begin(count, (data[3] & WideRows) != 0 ? 4 : 2);
            frame.Rows = reader.Rows();
            if ((bits & 1) != 0) frame.Cpu = reader.Halves();
            if ((bits & 2) != 0) frame.Memory = reader.Halves();
            if ((bits & 4) != 0) frame.Disk = reader.Halves();
            if ((bits & 8) != 0) frame.Temperature = reader.Halves();
            if ((bits & 16) != 0) frame.Status = reader.Bytes(1);
            if ((bits & 32) != 0) frame.Light = reader.Bytes(3);
            if ((bits & 64) != 0) frame.AgeMs = reader.Ages();
            // Columns of later versions follow those that this file knows, and are left alone.
            if (bits < 128) reader.End();
            return frame;
        }

        /// Walks the columns once, in the order of their bits.
        sealed class Reader
        {
            readonly byte[] data;
            int at, count, rowBytes;

            public Reader(byte[] data) { this.data = data; }

            public int U16At(int place) { return data[place] | data[place + 1] << 8; }

            public uint U32At(int place) { return (uint)(U16At(place) | U16At(place + 2) << 16); }

            public void Begin(uint rows, int bytesOfARow)
            {
                at = HeaderBytes;
                rowBytes = bytesOfARow;
                // Before anything is reserved: a damaged count must not fill the memory.
                if (rows > (uint)(data.Length - at) / (uint)rowBytes)
                    throw new FrameError("the frame ends at byte " + data.Length + ", its " + rows + " rows need more");
                count = (int)rows;
            }

            public int[] Rows()
            {
                int start = Take(rowBytes);
                var rows = new int[count];
                for (int i = 0; i < count; i++)
                    rows[i] = rowBytes == 2 ? U16At(start + 2 * i) : checked((int)U32At(start + 4 * i));
                return rows;
            }

            public float[] Halves()
            {
                int start = Take(1);
                var values = new float[count];
                for (int i = 0; i < count; i++)
                    values[i] = data[start + i] == 255 ? float.NaN : data[start + i] * 0.5f;
                return values;
            }

            public byte[] Bytes(int width)
            {
                int start = Take(width);
                var values = new byte[count * width];
                Array.Copy(data, start, values, 0, values.Length);
                return values;
            }

            public int[] Ages()
            {
                int start = Take(2);
                var ages = new int[count];
                for (int i = 0; i < count; i++)
                {
                    int steps = U16At(start + 2 * i);
                    ages[i] = steps == 65535 ? Never : steps * 100;
                }
                return ages;
            }

            public void End()
            {
                if (at != data.Length)
                    throw new FrameError(data.Length - at + " bytes follow the last column");
            }

            int Take(int width)
            {
                int start = at;
                if ((long)count * width > data.Length - at)
                    throw new FrameError("the frame ends at byte " + data.Length + ", a column needs " + ((long)at + (long)count * width));
                at += count * width;
                return start;
            }
        }
    }
}
