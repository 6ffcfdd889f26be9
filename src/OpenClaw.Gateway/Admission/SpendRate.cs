namespace OpenClaw.Gateway.Admission;

/// <summary>Dollars over the last sixty minutes, in slots of ten seconds for the last two and of a minute beyond. Not thread-safe.</summary>
internal sealed class SpendRate
{
    private Slots? _fine;
    private Slots? _coarse;

    public void Add(decimal usd, DateTimeOffset now)
    {
        if (usd == 0) return;
        (_fine ??= new Slots(TimeSpan.FromSeconds(10), 12)).Add(usd, now);
        (_coarse ??= new Slots(TimeSpan.FromMinutes(1), 60)).Add(usd, now);
    }

    public decimal LastMinute(DateTimeOffset now) => _fine?.Sum(now, 0, 6) ?? 0;

    /// <summary>The minute before the last one.</summary>
    public decimal MinuteBefore(DateTimeOffset now) => _fine?.Sum(now, 6, 12) ?? 0;

    public decimal LastHour(DateTimeOffset now) => _coarse?.All(now) ?? 0;

    public void Clear() => (_fine, _coarse) = (null, null);

    private sealed class Slots(TimeSpan width, int count)
    {
        private readonly decimal[] _usd = new decimal[count];
        private decimal _all;
        private long _newest;

        public void Add(decimal usd, DateTimeOffset now)
        {
            Move(now);
            _usd[_newest % count] += usd;
            _all += usd;
        }

        /// <summary>The sum of all slots, without adding them up.</summary>
        public decimal All(DateTimeOffset now)
        {
            Move(now);
            return _all;
        }

        public decimal Sum(DateTimeOffset now, int from, int to)
        {
            Move(now);
            var sum = 0m;
            for (var back = from; back < to; back++) sum += _usd[(_newest - back) % count];
            return sum;
        }

        // Slots that time has passed are emptied when they are next looked at.
        private void Move(DateTimeOffset now)
        {
            var slot = now.UtcTicks / width.Ticks;
            if (slot <= _newest) return;
            for (var i = Math.Max(_newest + 1, slot - count + 1); i <= slot; i++)
            {
                _all -= _usd[i % count];
                _usd[i % count] = 0;
            }
            _newest = slot;
        }
    }
}
