namespace DePin.Contracts.Metering
{
    /// <summary>How far a batch's times can be trusted.</summary>
    public static class ClockState
    {
        /// <summary>Never set in this boot; <c>opened</c> is 0.</summary>
        public const int NeverSet = 0;

        /// <summary>Set in this boot, but not within 24 h.</summary>
        public const int Aged = 1;

        /// <summary>Set within 24 h.</summary>
        public const int Fresh = 2;
    }
}
