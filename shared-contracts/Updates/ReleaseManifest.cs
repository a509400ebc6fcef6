using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;

namespace DePin.Contracts.Updates
{
    /// <summary>What is released, for whom, and what a node needs before it takes it. The bytes that two release keys sign.</summary>
    public sealed class ReleaseManifest
    {
        /// <summary>External data of the signatures over a manifest.</summary>
        public const string Context = "depin/1/release";

        /// <summary>Characters of a release's name and of an assembly's, at most.</summary>
        public const int NameCharacters = 32;

        /// <summary>Characters of a product's name, at most.</summary>
        public const int ProductCharacters = 16;

        /// <summary>Hardware profiles of one release, at most.</summary>
        public const int MaxProfiles = 8;

        /// <summary>What people call it; printable ASCII, 1 to 32 characters.</summary>
        public string Release { get; set; } = "";

        /// <summary>Number that rises from release to release, 1 to 2^32 - 1.</summary>
        public long Build { get; set; }

        /// <summary>Number that rises when a hole was closed and never goes down on a node, also not by a return; 0 to 2^32 - 1.</summary>
        public long Security { get; set; }

        /// <summary>What firmware this is; printable ASCII, 1 to 16 characters.</summary>
        public string Product { get; set; } = "";

        /// <summary>Numbers of the hardware profiles it is for: 1 to 8, ascending.</summary>
        public long[] Profiles { get; set; } = new long[0];

        /// <summary>Lowest version of the loader that can start it, 0 to 2^32 - 1.</summary>
        public long LoaderMin { get; set; }

        /// <summary>Bytes of the bundle, 1 to 262,144.</summary>
        public int BundleBytes { get; set; }

        /// <summary>SHA-256 of the bundle.</summary>
        public byte[] BundleSha256 { get; set; } = new byte[Batch.HashSize];

        /// <summary>Name of the bundle's assembly, which no other release and nothing deployed has; printable ASCII, 1 to 32 characters.</summary>
        public string Assembly { get; set; } = "";

        /// <summary>Charge below which a node does not begin the trial, permille.</summary>
        public int BatteryMinPermille { get; set; }

        /// <summary>When the first offer may be made, Unix seconds.</summary>
        public long NotBeforeUnixSeconds { get; set; }

        /// <summary>When the last offer may be made, Unix seconds; after <see cref="NotBeforeUnixSeconds"/>.</summary>
        public long ExpiresUnixSeconds { get; set; }

        /// <summary>0, or for a return to a lower build the build that it returns from: only nodes that run that build take it.</summary>
        public long ReturnsFrom { get; set; }

        /// <summary>Whether it is a return to a lower build.</summary>
        public bool IsReturn { get { return ReturnsFrom != 0; } }

        /// <summary>How many blocks the bundle comes in.</summary>
        public int Blocks { get { return UpdateLimits.BlocksOf(BundleBytes); } }

        /// <summary>Whether it is for a hardware profile.</summary>
        public bool IsFor(long profile)
        {
            for (int i = 0; i < Profiles.Length; i++)
            {
                if (Profiles[i] == profile)
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>Reads a manifest; null with the reason when it is not exactly in the form.</summary>
        public static ReleaseManifest? Decode(byte[] data, int offset, int count, out DecodeError error)
        {
            if (count > UpdateLimits.ManifestBytes)
            {
                error = DecodeError.TooLarge;
                return null;
            }

            CborReader reader = new CborReader(data, offset, count);
            reader.ReadArray(15, 15);
            if (reader.ReadUInt(0, uint.MaxValue) != UpdateLimits.Format)
            {
                reader.Fail(DecodeError.UnknownFormat);
            }

            ReleaseManifest manifest = new ReleaseManifest();
            manifest.Release = reader.ReadText(1, NameCharacters);
            manifest.Build = reader.ReadUInt(1, uint.MaxValue);
            manifest.Security = reader.ReadUInt(0, uint.MaxValue);
            manifest.Product = reader.ReadText(1, ProductCharacters);
            manifest.Profiles = ReadProfiles(reader);
            manifest.LoaderMin = reader.ReadUInt(0, uint.MaxValue);
            manifest.BundleBytes = (int)reader.ReadUInt(1, UpdateLimits.BundleBytes);
            manifest.BundleSha256 = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            reader.ReadUInt(UpdateLimits.BlockBytes, UpdateLimits.BlockBytes);
            manifest.Assembly = reader.ReadText(1, NameCharacters);
            manifest.BatteryMinPermille = (int)reader.ReadUInt(0, 1000);
            manifest.NotBeforeUnixSeconds = reader.ReadUInt(0, MeteringLimits.CounterMax);
            manifest.ExpiresUnixSeconds = reader.ReadUInt(0, MeteringLimits.CounterMax);
            manifest.ReturnsFrom = reader.ReadUInt(0, uint.MaxValue);
            if (reader.Finish() && !manifest.IsConsistent())
            {
                reader.Fail(DecodeError.Inconsistent);
            }

            error = reader.Error;
            return error == DecodeError.None ? manifest : null;
        }

        /// <summary>The manifest's bytes.</summary>
        public byte[] Encode()
        {
            CborWriter writer = new CborWriter(192);
            writer.WriteArray(15);
            writer.WriteUInt(UpdateLimits.Format);
            writer.WriteText(Release);
            writer.WriteUInt(Build);
            writer.WriteUInt(Security);
            writer.WriteText(Product);
            writer.WriteArray(Profiles.Length);
            for (int i = 0; i < Profiles.Length; i++)
            {
                writer.WriteUInt(Profiles[i]);
            }

            writer.WriteUInt(LoaderMin);
            writer.WriteUInt(BundleBytes);
            writer.WriteBytes(BundleSha256);
            writer.WriteUInt(UpdateLimits.BlockBytes);
            writer.WriteText(Assembly);
            writer.WriteUInt(BatteryMinPermille);
            writer.WriteUInt(NotBeforeUnixSeconds);
            writer.WriteUInt(ExpiresUnixSeconds);
            writer.WriteUInt(ReturnsFrom);
            return writer.ToArray();
        }

        private static long[] ReadProfiles(CborReader reader)
        {
            long[] profiles = new long[reader.ReadArray(1, MaxProfiles)];
            for (int i = 0; i < profiles.Length; i++)
            {
                profiles[i] = reader.ReadUInt(0, uint.MaxValue);
            }

            return profiles;
        }

        private bool IsConsistent()
        {
            for (int i = 1; i < Profiles.Length; i++)
            {
                if (Profiles[i] <= Profiles[i - 1])
                {
                    return false;
                }
            }

            return ExpiresUnixSeconds > NotBeforeUnixSeconds && (ReturnsFrom == 0 || Build < ReturnsFrom);
        }
    }
}
