namespace DePin.Fleet;

/// <summary>
/// The backend cannot start, and the message is the whole explanation: one sentence for a person, who can act on it. Program prints
/// it to standard error and ends with exit code 2; nothing was changed.
/// </summary>
public sealed class StartRefusedException(string message, Exception? inner = null) : Exception(message, inner);
