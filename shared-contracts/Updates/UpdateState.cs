namespace DePin.Contracts.Updates
{
    /// <summary>How far a node is with a release. The numbers are part of the format; Rejected, Confirmed and WentBack are the end of an attempt.</summary>
    public enum UpdateState
    {
        /// <summary>The offer is right and for this node; the blocks will be asked for.</summary>
        Accepted = 1,

        /// <summary>The node will not take it, and says why.</summary>
        Rejected = 2,

        /// <summary>Blocks are coming.</summary>
        Downloading = 3,

        /// <summary>The whole bundle is on flash and is the signed one.</summary>
        Verified = 4,

        /// <summary>The trial begins when what it waits for is there.</summary>
        Waiting = 5,

        /// <summary>The new firmware runs, and the old one is kept.</summary>
        Trial = 6,

        /// <summary>The new firmware logged in, metered and had its receipt: it stays.</summary>
        Confirmed = 7,

        /// <summary>The old firmware runs, and says why.</summary>
        WentBack = 8
    }

    /// <summary>Why a node rejected, waits or went back. The numbers are part of the format.</summary>
    public enum UpdateReason
    {
        /// <summary>The state needs no reason.</summary>
        None = 0,

        /// <summary>Rejected: not in the form of FORMATS.md.</summary>
        Malformed = 1,

        /// <summary>Rejected: not signed by two of the keys that the node trusts.</summary>
        BadSignatures = 2,

        /// <summary>Rejected: another product's firmware.</summary>
        NotOurProduct = 3,

        /// <summary>Rejected: not for this hardware profile.</summary>
        WrongProfile = 4,

        /// <summary>Rejected: a lower security number than the node has seen confirmed.</summary>
        SecurityTooLow = 5,

        /// <summary>Rejected: not a higher build than the running one, and no return.</summary>
        BuildTooLow = 6,

        /// <summary>Rejected: a return from another build than the running one.</summary>
        WrongReturn = 7,

        /// <summary>Rejected: the loader, which is changed over USB only, is too old.</summary>
        LoaderTooOld = 8,

        /// <summary>Rejected: the bundle is larger than a slot.</summary>
        TooLarge = 9,

        /// <summary>Rejected: the flash has no room although nothing more can be erased.</summary>
        NoRoom = 10,

        /// <summary>Rejected: the module has no PSRAM, so it stays on its factory copy.</summary>
        NoPsram = 11,

        /// <summary>Rejected after the download: the bundle's hash is not the signed one.</summary>
        HashMismatch = 12,

        /// <summary>Rejected: its time is over, by a clock that was set within 24 h.</summary>
        Expired = 13,

        /// <summary>Rejected: another release is in its trial; the backend offers again afterwards.</summary>
        InTrial = 14,

        /// <summary>Rejected, a rotation of keys: not a higher version than the node has.</summary>
        KeysTooOld = 15,

        /// <summary>Accepted all the same: its time is over, by a clock that nobody vouches for.</summary>
        Stale = 16,

        /// <summary>Waiting for the battery's charge.</summary>
        Battery = 17,

        /// <summary>Waiting for the hour of the day.</summary>
        Night = 18,

        /// <summary>Waiting for the output to be out of use.</summary>
        OutputInUse = 19,

        /// <summary>Waiting for the manifest's first time.</summary>
        NotBefore = 20,

        /// <summary>Went back: three starts that ended without a sign of life.</summary>
        Crashed = 21,

        /// <summary>Went back: three starts without a sign of life, in most of which it stood still until the board's guard started it anew.</summary>
        Hung = 22,

        /// <summary>Went back: the loader could not load it.</summary>
        DidNotLoad = 23,

        /// <summary>Went back: the gateway was there for 30 minutes and the new firmware did not log in.</summary>
        NoLogin = 24,

        /// <summary>Went back: it logged in, and no batch of it had a receipt.</summary>
        NoReceipt = 25,

        /// <summary>Went back: its lifetime counters were below the old firmware's.</summary>
        CountersFell = 26,

        /// <summary>Went back: 24 h passed without a confirmation.</summary>
        TimedOut = 27,

        /// <summary>Went back, or gave the download up: the backend withdrew the offer.</summary>
        Withdrawn = 28,

        /// <summary>Went back: the slot was damaged, or lost with the file system.</summary>
        SlotLost = 29
    }
}
