using System;
using DePin.Contracts;

namespace DePin.Node.Outbox
{
    /// <summary>Keeps the state in two files in turn, each with a serial number and a checksum: a cut can spoil only the older one.</summary>
    public sealed class StateFiles
    {
        private readonly IFlash _flash;
        private readonly NodeCounts _counts;
        private long _serial;

        /// <param name="flash">Where the two files are.</param>
        /// <param name="counts">Where writes and damage are counted.</param>
        public StateFiles(IFlash flash, NodeCounts counts)
        {
            _flash = flash;
            _counts = counts;
        }

        /// <summary>The newest whole state, or null where there is none.</summary>
        public NodeState? Load()
        {
            NodeState? newest = null;
            for (int i = 0; i < 2; i++)
            {
                byte[]? file = _flash.Read(Name(i));
                if (file == null || file.Length == 0)
                {
                    continue;
                }

                long serial = 0;
                NodeState? state = file.Length < 12 ? null : Check(file, out serial);
                if (state == null)
                {
                    _counts.FilesDamaged++;
                }
                else if (newest == null || serial > _serial)
                {
                    newest = state;
                    _serial = serial;
                }
            }

            return newest;
        }

        /// <summary>Writes the state over the older of the two files.</summary>
        public void Save(NodeState state)
        {
            _serial++;
            byte[] content = state.Encode();
            byte[] file = new byte[content.Length + 12];
            Array.Copy(content, 0, file, 8, content.Length);
            Bytes.PutNumber(file, 0, _serial, 8);
            Bytes.PutNumber(file, file.Length - 4, Crc32.Of(file, 0, file.Length - 4), 4);
            _flash.Write(Name((int)(_serial & 1)), file);
            _counts.FlashWrites++;
            _counts.FlashBytes += file.Length;
        }

        private static string Name(int index)
        {
            return index == 0 ? "state-0" : "state-1";
        }

        private static NodeState? Check(byte[] file, out long serial)
        {
            serial = Bytes.GetNumber(file, 0, 8);
            bool isWhole = Bytes.GetNumber(file, file.Length - 4, 4) == Crc32.Of(file, 0, file.Length - 4);
            return isWhole ? NodeState.Decode(file, 8, file.Length - 12) : null;
        }
    }
}
