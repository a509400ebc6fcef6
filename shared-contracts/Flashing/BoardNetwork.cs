using DePin.Contracts.Cbor;

namespace DePin.Contracts.Flashing
{
    /// <summary>How a board stands to its Wi-Fi and its gateway.</summary>
    public sealed class BoardNetwork
    {
        /// <summary>There are no settings, or no network in them.</summary>
        public const int NoNetworks = 0;

        /// <summary>Looking for one of the networks.</summary>
        public const int Searching = 1;

        /// <summary>On a network; the gateway has not answered.</summary>
        public const int Joined = 2;

        /// <summary>Logged in at the gateway.</summary>
        public const int LoggedIn = 3;

        /// <summary>Characters of the reason.</summary>
        public const int ReasonCharacters = 120;

        /// <summary>One of the constants above.</summary>
        public int State { get; set; }

        /// <summary>What the last attempt failed by, in the board's words; empty where nothing failed.</summary>
        public string Reason { get; set; } = "";

        internal static BoardNetwork Read(CborReader reader)
        {
            BoardNetwork network = new BoardNetwork();
            reader.ReadArray(2, 2);
            network.State = (int)reader.ReadUInt(NoNetworks, LoggedIn);
            network.Reason = reader.ReadText(0, ReasonCharacters);
            return network;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(2);
            writer.WriteUInt(State);
            writer.WriteText(Reason);
        }
    }

    /// <summary>A part of a board's log.</summary>
    public sealed class BoardLogPage
    {
        /// <summary>Bytes of a page, at most.</summary>
        public const int MaxBytes = 2048;

        /// <summary>Number of the page's first byte since the start; above what was asked where that is gone already.</summary>
        public long From { get; set; }

        /// <summary>Bytes written since the start.</summary>
        public long End { get; set; }

        /// <summary>The lines' bytes; empty at the end.</summary>
        public byte[] Text { get; set; } = new byte[0];

        internal static BoardLogPage Read(CborReader reader)
        {
            BoardLogPage page = new BoardLogPage();
            reader.ReadArray(3, 3);
            page.From = reader.ReadUInt(0, uint.MaxValue);
            page.End = reader.ReadUInt(0, uint.MaxValue);
            page.Text = reader.ReadBytes(0, MaxBytes);
            if (reader.Error == DecodeError.None && page.From + page.Text.Length > page.End)
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            return page;
        }

        internal void Write(CborWriter writer)
        {
            writer.WriteArray(3);
            writer.WriteUInt(From);
            writer.WriteUInt(End);
            writer.WriteBytes(Text);
        }
    }
}
