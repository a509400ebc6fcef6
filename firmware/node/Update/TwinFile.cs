using System;
using DePin.Contracts;
using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>
    /// Small content in two files in turn, each with a serial number (8 bytes before it) and a CRC-32 (4 bytes behind it): a power
    /// cut or a fault can spoil only one of them.
    /// </summary>
    public sealed class TwinFile
    {
        private const int Head = 8;
        private const int Tail = 4;
        private readonly IFlash _flash;
        private readonly string _name;
        private long _serial;

        /// <param name="flash">Where the two files are.</param>
        /// <param name="name">What both names begin with.</param>
        public TwinFile(IFlash flash, string name)
        {
            _flash = flash;
            _name = name;
        }

        /// <summary>The newest whole content, or null where there is none.</summary>
        public byte[]? Load()
        {
            byte[]? newest = null;
            for (int i = 0; i < 2; i++)
            {
                byte[]? file = _flash.Read(Name(i));
                if (file == null || file.Length <= Head + Tail || Crc32.Of(file, 0, file.Length - Tail) != (uint)Bytes.GetNumber(file, file.Length - Tail, Tail))
                {
                    continue;
                }

                long serial = Bytes.GetNumber(file, 0, Head);
                if (newest == null || serial > _serial)
                {
                    _serial = serial;
                    newest = new byte[file.Length - Head - Tail];
                    Array.Copy(file, Head, newest, 0, newest.Length);
                }
            }

            return newest;
        }

        /// <summary>Writes the content over the older of the two; what is there has to be loaded before.</summary>
        public void Save(byte[] content)
        {
            _serial++;
            byte[] file = new byte[Head + content.Length + Tail];
            Bytes.PutNumber(file, 0, _serial, Head);
            Array.Copy(content, 0, file, Head, content.Length);
            Bytes.PutNumber(file, file.Length - Tail, Crc32.Of(file, 0, file.Length - Tail), Tail);
            _flash.Write(Name((int)(_serial & 1)), file);
        }

        private string Name(int index)
        {
            return _name + (index == 0 ? "-0" : "-1");
        }
    }
}
