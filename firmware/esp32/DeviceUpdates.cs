using System.IO;
using DePin.Contracts.Flashing;
using DePin.Node.Outbox;
using DePin.Node.Update;
using nanoFramework.Runtime.Native;

namespace DePin.Node.Esp32
{
    /// <summary>What updates need of the board. Without PSRAM a loaded bundle would leave no memory for TLS, and a drive of 256 KB has no room for two.</summary>
    public sealed class DeviceUpdates : IUpdateBoard
    {
        private const long LeastDriveBytes = 1024 * 1024;

        // A bundle as large as allowed takes 1.34 times its size, and TLS wants 64 KB; without PSRAM there are not even 100 KB.
        private const uint LeastHeapBytes = 512 * 1024;
        private readonly NodeSettings? _settings;

        /// <param name="slots">Where the loader looks for bundles.</param>
        /// <param name="loader">Version of the loader that started this; 0 for none.</param>
        /// <param name="settings">What flashing pinned, where there is any.</param>
        public DeviceUpdates(IFlash slots, int loader, NodeSettings? settings)
        {
            Slots = slots;
            Loader = loader;
            _settings = settings;
        }

        /// <inheritdoc />
        public IFlash Slots { get; }

        /// <inheritdoc />
        public string Product { get { return "node"; } }

        /// <inheritdoc />
        public int Loader { get; }

        /// <inheritdoc />
        public bool HasRoomForBundles { get { return GC.Run(false) >= LeastHeapBytes; } }

        /// <inheritdoc />
        public int SlotBytes { get { return new DriveInfo("I:\\").TotalSize >= LeastDriveBytes ? Limits.SlotBytes : 0; } }

        /// <inheritdoc />
        public int DuskMicrowatts { get { return BoardProfile.DuskMicrowatts; } }

        /// <inheritdoc />
        public byte[][] ReleaseKeys { get { return _settings == null ? new byte[0][] : _settings.ReleaseKeys; } }

        /// <inheritdoc />
        public byte[][] RootKeys { get { return _settings == null ? new byte[0][] : _settings.RootKeys; } }

        /// <inheritdoc />
        public void Restart()
        {
            Power.RebootDevice(RebootOption.NormalReboot);
        }
    }
}
