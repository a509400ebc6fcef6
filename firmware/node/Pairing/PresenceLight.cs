namespace DePin.Node.Pairing
{
    /// <summary>What the light has to say of a pairing. It comes before whatever else the light shows.</summary>
    public static class PresenceLight
    {
        /// <summary>Nothing.</summary>
        public const int None = 0;

        /// <summary>A challenge waits for presses, or its answer for the backend.</summary>
        public const int Challenge = 1;

        /// <summary>The node was paired just now.</summary>
        public const int Paired = 2;

        /// <summary>The claim was refused just now, or the button was pressed too often.</summary>
        public const int Rejected = 3;
    }
}
