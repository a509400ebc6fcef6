namespace DePin.Fleet.People;

/// <summary>An account of a person, as Identity changes it; the store writes it back.</summary>
public sealed class Person
{
    /// <summary>Row.</summary>
    public long Id { get; set; }

    /// <summary>Name: 1 to 64 of a-z, 0-9, dot and hyphen. The accounts operator:NAME, builder:NAME, manager:NAME and lender:NAME are theirs.</summary>
    public required string Name { get; set; }

    /// <summary>What they may do.</summary>
    public Roles Roles { get; set; }

    /// <summary>Identity's hash; null where no password was set.</summary>
    public string? PasswordHash { get; set; }

    /// <summary>Changes with everything that must end sessions.</summary>
    public string SecurityStamp { get; set; } = "";

    /// <summary>The stamp as it was read: what Identity changes is written only while the store has the same.</summary>
    public string StoredStamp { get; set; } = "";

    /// <summary>Wrong passwords in a row.</summary>
    public int FailedCount { get; set; }

    /// <summary>Until when no password is tried, or null.</summary>
    public long? LockedUntilMs { get; set; }

    /// <summary>When the account was closed, or null.</summary>
    public long? ClosedMs { get; set; }

    /// <summary>When it was made.</summary>
    public long MadeMs { get; set; }
}
