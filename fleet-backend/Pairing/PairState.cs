namespace DePin.Fleet.Pairing;

/// <summary>How it stands with a label that was proven to be a node's, for whoever showed it. Each has its page and its next step.</summary>
public enum PairState
{
    /// <summary>The node is not logged in, or not challenged yet.</summary>
    Waiting,

    /// <summary>Its light flickers and it waits for presses.</summary>
    Challenged,

    /// <summary>It is the operator's, just now.</summary>
    Paired,

    /// <summary>Somebody else claims it at the same time; neither gets it.</summary>
    Crossed,

    /// <summary>The claim was used or replaced while it was waited for.</summary>
    Lost,

    /// <summary>It is the operator's since before; the label is spent.</summary>
    Yours,

    /// <summary>It is somebody else's; the label is spent.</summary>
    Others,

    /// <summary>Its readings are held, as of a node that was stolen: nobody pairs it before a manager looked.</summary>
    Suspended,

    /// <summary>It is out of the fleet.</summary>
    Retired,

    /// <summary>A newer label was made.</summary>
    Replaced,

    /// <summary>It is a node's successor on the same board and waits for a manager.</summary>
    Repair,
}

/// <summary>What showing a label came to.</summary>
/// <param name="State">How it stands with it; null where no such claim is known.</param>
/// <param name="Attempt">What began, or null.</param>
internal sealed record Begun(PairState? State, Attempt? Attempt);
