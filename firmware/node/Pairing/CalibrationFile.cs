using DePin.Contracts;
using DePin.Contracts.Flashing;
using DePin.Node.Outbox;

namespace DePin.Node.Pairing
{
    /// <summary>Corrections of the meters from the bench, in the file "calibration": three times 4 bytes, parts per million, and a CRC-32.</summary>
    public static class CalibrationFile
    {
        /// <summary>Name of the file.</summary>
        public const string FileName = "calibration";

        private const int Size = FlashRequest.Meters * 4 + 4;

        /// <summary>Corrections of panel, output and grid meter, or null where there are none.</summary>
        public static int[]? Load(IFlash flash)
        {
            byte[]? file = flash.Read(FileName);
            if (file == null || file.Length != Size || Crc32.Of(file, 0, Size - 4) != (uint)Bytes.GetNumber(file, Size - 4, 4))
            {
                return null;
            }

            int[] gains = new int[FlashRequest.Meters];
            for (int i = 0; i < gains.Length; i++)
            {
                gains[i] = (int)Bytes.GetNumber(file, 4 * i, 4);
            }

            return gains;
        }

        /// <summary>Stores them; they count from the next start.</summary>
        public static void Save(IFlash flash, int[] gains)
        {
            byte[] file = new byte[Size];
            for (int i = 0; i < gains.Length; i++)
            {
                Bytes.PutNumber(file, 4 * i, gains[i], 4);
            }

            Bytes.PutNumber(file, Size - 4, Crc32.Of(file, 0, Size - 4), 4);
            flash.Write(FileName, file);
        }
    }
}
