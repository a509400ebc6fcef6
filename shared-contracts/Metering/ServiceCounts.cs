namespace DePin.Contracts.Metering
{
    /// <summary>What an AirNode's Wi-Fi served during one reading.</summary>
    public sealed class ServiceCounts
    {
        /// <param name="sessions">Client sessions that began.</param>
        /// <param name="kibDown">KiB sent to clients.</param>
        /// <param name="kibUp">KiB received from clients.</param>
        public ServiceCounts(long sessions, long kibDown, long kibUp)
        {
            Sessions = sessions;
            KibDown = kibDown;
            KibUp = kibUp;
        }

        /// <summary>Client sessions that began.</summary>
        public long Sessions { get; }

        /// <summary>KiB sent to clients.</summary>
        public long KibDown { get; }

        /// <summary>KiB received from clients.</summary>
        public long KibUp { get; }
    }
}
