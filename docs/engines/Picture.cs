// The live picture, kept from frames: what to draw for each row, and how old it is. Plain C# 7 without packages.
// Feed it from one thread: in Unity, queue what the socket brings and apply it in Update().

using System;

namespace PiTwin
{
    /// What became of a frame. Gap: send `resume` {epoch, seq} with Epoch and Seq of this picture.
    public enum Applied { Applied, Ignored, Gap }

    public sealed class Picture
    {
        public uint Epoch { get; private set; }
        public uint Seq { get; private set; }
        /// What is shown is the past (a replay), as it was at PastMs of the server's clock.
        public bool Past { get; private set; }
        public long PastMs { get; private set; }

        public float[] Cpu = new float[0], Memory = new float[0], Disk = new float[0], Temperature = new float[0];
        public byte[] Status = new byte[0], Light = new byte[0];
        double[] heardAt = new double[0];   // seconds of the clock that Age is asked with; -infinity = never

        /// After `hello`. A new epoch is a new life of the rows: all are forgotten.
        public void Open(uint epoch)
        {
            if (epoch == Epoch) return;
            Epoch = epoch;
            Seq = 0;
            Past = false;
            Blank();
        }

        /// `now`: seconds of a clock of yours that never steps, such as Time.realtimeSinceStartupAsDouble.
        public Applied Apply(Frame frame, double now)
        {
            if (frame.Epoch != Epoch) return Applied.Gap;
            bool replay = frame.Kind == Kind.Replay;
            bool whole = replay ? frame.Base == 0 : frame.Kind == Kind.Snapshot;
            if (whole ? frame.Seq < Seq : frame.Seq <= Seq) return Applied.Ignored;
            if (!whole && frame.Base > Seq) return Applied.Gap;
            if (whole) Blank();
            Past = replay;
            PastMs = replay ? frame.TimeMs : 0;
            double at = replay ? frame.TimeMs / 1000.0 : now;
            for (int i = 0; i < frame.Rows.Length; i++)
            {
                int row = frame.Rows[i];
                Reserve(row + 1);
                if (frame.Cpu != null) Cpu[row] = frame.Cpu[i];
                if (frame.Memory != null) Memory[row] = frame.Memory[i];
                if (frame.Disk != null) Disk[row] = frame.Disk[i];
                if (frame.Temperature != null) Temperature[row] = frame.Temperature[i];
                if (frame.Status != null) Status[row] = frame.Status[i];
                if (frame.Light != null) Array.Copy(frame.Light, 3 * i, Light, 3 * row, 3);
                if (frame.AgeMs != null)
                    heardAt[row] = frame.AgeMs[i] == Frame.Never ? double.NegativeInfinity : at - frame.AgeMs[i] / 1000.0;
            }
            Seq = frame.Seq;
            return Applied.Applied;
        }

        /// Seconds since the row was last heard of; infinite when never. It grows while the line is silent, as it must:
        /// a value that nobody refreshes is old, and is to be drawn so.
        public double Age(int row, double now)
        {
            if (row >= heardAt.Length) return double.PositiveInfinity;
            return (Past ? PastMs / 1000.0 : now) - heardAt[row];
        }

        void Blank()
        {
            for (int row = 0; row < Cpu.Length; row++)
            {
                Cpu[row] = Memory[row] = Disk[row] = Temperature[row] = float.NaN;
                Status[row] = 0;
                Light[3 * row] = Light[3 * row + 1] = Light[3 * row + 2] = 0;
                heardAt[row] = double.NegativeInfinity;
            }
        }

        void Reserve(int rows)
        {
            int before = Cpu.Length;
            if (rows <= before) return;
            int size = Math.Max(rows, 2 * before);
            Array.Resize(ref Cpu, size);
            Array.Resize(ref Memory, size);
            Array.Resize(ref Disk, size);
            Array.Resize(ref Temperature, size);
            Array.Resize(ref Status, size);
            Array.Resize(ref Light, 3 * size);
            Array.Resize(ref heardAt, size);
            for (int row = before; row < size; row++)
            {
                Cpu[row] = Memory[row] = Disk[row] = Temperature[row] = float.NaN;
                heardAt[row] = double.NegativeInfinity;
            }
        }
    }
}
