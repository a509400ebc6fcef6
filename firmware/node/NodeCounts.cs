namespace DePin.Node
{
    /// <summary>What the node survived, counted since boot. Nothing here stops the meter.</summary>
    public sealed class NodeCounts
    {
        /// <summary>Receipts accepted.</summary>
        public long Receipts;

        /// <summary>Rejects accepted.</summary>
        public long Rejects;

        /// <summary>Sealed messages whose form or MAC was wrong.</summary>
        public long Forged;

        /// <summary>Sealed messages of another session, with a counter that did not rise, or for something never sent.</summary>
        public long Replayed;

        /// <summary>Times a link was lost, refused or closed for silence.</summary>
        public long LinksLost;

        /// <summary>Batches dropped because the outbox was full.</summary>
        public long BatchesDropped;

        /// <summary>Batches set aside because the backend will not store them.</summary>
        public long BatchesSetAside;

        /// <summary>Gaps declared.</summary>
        public long Gaps;

        /// <summary>Pauses between samples too long to bridge.</summary>
        public long Pauses;

        /// <summary>Writes to flash files.</summary>
        public long FlashWrites;

        /// <summary>Bytes of these writes.</summary>
        public long FlashBytes;

        /// <summary>Flash files deleted.</summary>
        public long FlashDeletes;

        /// <summary>Files on flash that could not be read back as what they should be.</summary>
        public long FilesDamaged;
    }
}
