namespace DePin.Contracts.Updates
{
    /// <summary>Bounds of everything that a release and its way to a node consist of; FORMATS.md gives the reason for each.</summary>
    public static class UpdateLimits
    {
        /// <summary>Version of every format in this folder.</summary>
        public const int Format = 1;

        /// <summary>Bytes of a bundle, at most: the node application has about 140 KiB as a .NET assembly, the stand-in for a .pe.</summary>
        public const int BundleBytes = 256 * 1024;

        /// <summary>Bytes of every block but the last.</summary>
        public const int BlockBytes = 1024;

        /// <summary>Blocks of a bundle, at most.</summary>
        public const int Blocks = BundleBytes / BlockBytes;

        /// <summary>Blocks that one request asks for, at most.</summary>
        public const int BlocksPerRequest = 8;

        /// <summary>Bytes of a release's id: the first of its hash.</summary>
        public const int ReleaseIdSize = 8;

        /// <summary>Bytes of a manifest, at most.</summary>
        public const int ManifestBytes = 1024;

        /// <summary>Bytes of a signed release, at most.</summary>
        public const int SignedReleaseBytes = 1400;

        /// <summary>Bytes of a signed rotation of the release keys, at most.</summary>
        public const int SignedRotationBytes = 512;

        /// <summary>Bytes of a signed report, at most.</summary>
        public const int SignedReportBytes = 512;

        /// <summary>Bytes of a request for blocks, at most.</summary>
        public const int RequestBytes = 32;

        /// <summary>Bytes of the message that carries a block, at most.</summary>
        public const int BlockMessageBytes = BlockBytes + 24;

        /// <summary>Longest time after which a busy backend may ask to be tried again, seconds.</summary>
        public const int BusySecondsMax = 86400;

        /// <summary>How many blocks a bundle of so many bytes has.</summary>
        public static int BlocksOf(int bundleBytes)
        {
            return (bundleBytes + BlockBytes - 1) / BlockBytes;
        }

        /// <summary>How many bytes block <paramref name="index"/> of a bundle has: 1,024, the last one what is left.</summary>
        public static int BytesOfBlock(int bundleBytes, int index)
        {
            int left = bundleBytes - index * BlockBytes;
            return left < BlockBytes ? left : BlockBytes;
        }
    }
}
