namespace DePin.Node.Moving
{
    /// <summary>How a change of networks, gateway or trust anchors stands.</summary>
    public static class MoveState
    {
        /// <summary>There was none.</summary>
        public const int None = 0;

        /// <summary>Being tried: a login keeps it, 24 hours without one take it back.</summary>
        public const int Trying = 1;

        /// <summary>A login came: it stays.</summary>
        public const int Kept = 2;

        /// <summary>No login came, or another change took its place: what was before counts again.</summary>
        public const int TakenBack = 3;
    }
}
