using System;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// The newest lines that the node wrote since its start, for whoever comes with a cable. In memory only: flash is for readings.
    /// </summary>
    public sealed class NodeLog
    {
        private const int Capacity = 4096;
        private const int LineCharacters = 160;
        private readonly byte[] _ring = new byte[Capacity];
        private long _end;

        /// <summary>Writes a line: seconds since the start, and what happened. Nothing secret goes here.</summary>
        public void Add(long uptimeMilliseconds, string text)
        {
            string line = uptimeMilliseconds / 1000 + " " + text;
            byte[] bytes = Ascii.Bytes((line.Length > LineCharacters ? line.Substring(0, LineCharacters) : line) + "\n");
            for (int i = 0; i < bytes.Length; i++)
            {
                _ring[(int)(_end % Capacity)] = bytes[i];
                _end++;
            }
        }

        /// <summary>A page from this byte on, or from the oldest that is left.</summary>
        public BoardLogPage Page(long from)
        {
            long oldest = _end > Capacity ? _end - Capacity : 0;
            from = from < oldest ? oldest : from > _end ? _end : from;
            int count = (int)(_end - from < BoardLogPage.MaxBytes ? _end - from : BoardLogPage.MaxBytes);
            BoardLogPage page = new BoardLogPage();
            page.From = from;
            page.End = _end;
            page.Text = new byte[count];
            int at = (int)(from % Capacity);
            int first = count < Capacity - at ? count : Capacity - at;
            Array.Copy(_ring, at, page.Text, 0, first);
            Array.Copy(_ring, 0, page.Text, first, count - first);
            return page;
        }
    }
}
