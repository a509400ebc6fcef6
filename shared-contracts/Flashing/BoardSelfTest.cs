using DePin.Contracts.Cbor;

namespace DePin.Contracts.Flashing
{
    /// <summary>What a board measured of itself, uncorrected: first with the output off, then with it on and a known load behind it.</summary>
    public sealed class BoardSelfTest
    {
        /// <summary>Volts and amperes that no board of ours reaches.</summary>
        public const int Most = 100000000;

        /// <summary>Current into the output while it is off, microamperes.</summary>
        public int IdleMicroamps { get; set; }

        /// <summary>Voltage of the battery while the output is off.</summary>
        public int BatteryMillivolts { get; set; }

        /// <summary>Meters that are fitted, in the order panel, output, grid.</summary>
        public MeterTest[] Meters { get; set; } = new MeterTest[0];

        internal static BoardSelfTest Read(CborReader reader)
        {
            BoardSelfTest test = new BoardSelfTest();
            reader.ReadArray(3, 3);
            test.IdleMicroamps = (int)reader.ReadInt(-Most, Most);
            test.BatteryMillivolts = (int)reader.ReadUInt(0, Most);
            test.Meters = new MeterTest[reader.ReadArray(1, FlashRequest.Meters)];
            for (int i = 0; i < test.Meters.Length; i++)
            {
                test.Meters[i] = MeterTest.Read(reader);
            }

            return test;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(3);
            writer.WriteInt(IdleMicroamps);
            writer.WriteUInt(BatteryMillivolts);
            writer.WriteArray(Meters.Length);
            for (int i = 0; i < Meters.Length; i++)
            {
                Meters[i].Write(writer);
            }
        }
    }

    /// <summary>One meter in a self-test.</summary>
    public sealed class MeterTest
    {
        /// <summary>The panel's.</summary>
        public const int Panel = 0;

        /// <summary>The output's.</summary>
        public const int Output = 1;

        /// <summary>The grid input's.</summary>
        public const int Grid = 2;

        /// <summary>Which one.</summary>
        public int Meter { get; set; }

        /// <summary>Whether it answered with values that can be.</summary>
        public bool IsWell { get; set; }

        /// <summary>Voltage behind the shunt, the output switched on.</summary>
        public int Millivolts { get; set; }

        /// <summary>Current, the output switched on; below zero where it flows back.</summary>
        public int Microamps { get; set; }

        internal static MeterTest Read(CborReader reader)
        {
            MeterTest test = new MeterTest();
            reader.ReadArray(4, 4);
            test.Meter = (int)reader.ReadUInt(Panel, Grid);
            test.IsWell = reader.ReadUInt(0, 1) == 1;
            test.Millivolts = (int)reader.ReadUInt(0, BoardSelfTest.Most);
            test.Microamps = (int)reader.ReadInt(-BoardSelfTest.Most, BoardSelfTest.Most);
            return test;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(4);
            writer.WriteUInt(Meter);
            writer.WriteUInt(IsWell ? 1 : 0);
            writer.WriteUInt(Millivolts);
            writer.WriteInt(Microamps);
        }
    }
}
