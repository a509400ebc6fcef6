using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>What an update has to know of the board, and to do with it.</summary>
    public interface IUpdateBoard
    {
        /// <summary>Where bundles and their record are; the loader looks there too.</summary>
        IFlash Slots { get; }

        /// <summary>What firmware this is: releases of another product are not for it.</summary>
        string Product { get; }

        /// <summary>Version of the loader that started this; 0 for none.</summary>
        int Loader { get; }

        /// <summary>Whether there is memory to load a bundle into; a module without PSRAM stays on its factory copy.</summary>
        bool HasRoomForBundles { get; }

        /// <summary>Bytes of flash for a slot; 0 where there is no room for two.</summary>
        int SlotBytes { get; }

        /// <summary>Panel power below which it is dark, uW.</summary>
        int DuskMicrowatts { get; }

        /// <summary>Keys that may sign releases, as flashing pinned them: compressed, 33 bytes each.</summary>
        byte[][] ReleaseKeys { get; }

        /// <summary>Keys that may change the release keys.</summary>
        byte[][] RootKeys { get; }

        /// <summary>Starts the board anew; may return before it happens.</summary>
        void Restart();
    }
}
