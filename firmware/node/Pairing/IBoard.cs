using DePin.Contracts.Flashing;

namespace DePin.Node.Pairing
{
    /// <summary>What the bench has to know and to do with the hardware that the core runs on.</summary>
    public interface IBoard
    {
        /// <summary>Name of the chip.</summary>
        string Chip { get; }

        /// <summary>The chip's MAC, 12 hex digits.</summary>
        string Serial { get; }

        /// <summary>Whether there is no such hardware.</summary>
        bool IsSimulated { get; }

        /// <summary>Number of the hardware profile.</summary>
        long Profile { get; }

        /// <summary>First 8 bytes of the SHA-256 of the running bundle.</summary>
        byte[] Firmware { get; }

        /// <summary>Wi-Fi and gateway as they stand.</summary>
        BoardNetwork Network();

        /// <summary>Switches the output, on which the bench has its known load.</summary>
        void SwitchOutput(bool isOn);

        /// <summary>Sets the clock, Unix seconds.</summary>
        void SetTime(long unixSeconds);

        /// <summary>Starts anew; may return before it happens.</summary>
        void Restart();
    }
}
