namespace DePin.Fleet.Pairing;

/// <summary>What can be done with a node's pairing. Each says what it does to credit before it is confirmed, and is recorded with who, when and why.</summary>
public enum LifeAct
{
    /// <summary>Ends the pairing; a fresh claim is armed.</summary>
    Unpair,

    /// <summary>Ends the pairing and keeps the node as a spare, with a fresh claim.</summary>
    Spare,

    /// <summary>Lets it stand elsewhere.</summary>
    Move,

    /// <summary>Proposes another operator, with notice.</summary>
    Handover,

    /// <summary>Takes it out of the fleet.</summary>
    Retire,

    /// <summary>Holds what it sends from now on, until it is found.</summary>
    Stolen,

    /// <summary>Ends what <see cref="Stolen"/> began.</summary>
    Found,
}
