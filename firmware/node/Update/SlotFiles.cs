using System;
using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>
    /// A bundle on flash: segments of 4 KB, a file each, in the order of their names (a00, a01, … for slot 1, b00 … for slot 2);
    /// the last is as long as what is left. A segment is written once, as a whole, so a power cut leaves it missing, empty or
    /// complete, and each takes exactly one block of littlefs.
    /// </summary>
    public static class SlotFiles
    {
        /// <summary>
        /// File with a byte for every start of the active bundle that gave no sign of life, 1 where it stood still, else 0; the loader adds one, whoever
        /// starts a board anew that stands still marks the last, the node deletes the file.
        /// </summary>
        public const string Attempts = "attempts";

        /// <summary>Bytes of a segment: one block of littlefs.</summary>
        public const int SegmentBytes = 4096;

        /// <summary>The start that is under way stands still: the board is about to start anew. One that showed that it works leaves no mark.</summary>
        public static void MarkStall(IFlash flash)
        {
            byte[]? starts = flash.Read(Attempts);
            if (starts != null && starts.Length > 0)
            {
                starts[starts.Length - 1] = 1;
                flash.Write(Attempts, starts);
            }
        }

        /// <summary>Name of the file of a segment.</summary>
        /// <param name="slot">1 or 2.</param>
        /// <param name="segment">0 to 99.</param>
        public static string Name(int slot, int segment)
        {
            return Prefix(slot) + (segment < 10 ? "0" : "") + segment;
        }

        /// <summary>Whether a file is a segment of a slot.</summary>
        public static bool IsOf(int slot, string name)
        {
            return name.Length == 3 && name.Substring(0, 1) == Prefix(slot) && name[1] >= '0' && name[1] <= '9';
        }

        /// <summary>Segments of a bundle of so many bytes.</summary>
        public static int Count(int bundleBytes)
        {
            return (bundleBytes + SegmentBytes - 1) / SegmentBytes;
        }

        /// <summary>Bytes of a segment of a bundle of so many bytes.</summary>
        public static int LengthOf(int segment, int bundleBytes)
        {
            int left = bundleBytes - segment * SegmentBytes;
            return left < SegmentBytes ? left : SegmentBytes;
        }

        /// <summary>The bundle in one piece, or null where a segment is missing or has another length.</summary>
        public static byte[]? Read(IFlash flash, int slot, int bundleBytes)
        {
            byte[] bundle = new byte[bundleBytes];
            for (int i = 0; i < Count(bundleBytes); i++)
            {
                byte[]? segment = flash.Read(Name(slot, i));
                if (segment == null || segment.Length != LengthOf(i, bundleBytes))
                {
                    return null;
                }

                Array.Copy(segment, 0, bundle, i * SegmentBytes, segment.Length);
            }

            return bundle;
        }

        private static string Prefix(int slot)
        {
            return slot == 1 ? "a" : "b";
        }
    }
}
