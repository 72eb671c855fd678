"""Folds, calibration and coverage."""

import unittest

from training.folds import FOLDS, fold_of
from training.measure import figures


class Folds(unittest.TestCase):
    def test_a_name_keeps_its_fold(self):
        self.assertEqual([fold_of(name) for name in ("shop", "vet_clinic", "")], [1, 1, 0])
        self.assertEqual({fold_of(f"name_{number}") for number in range(50)}, set(range(FOLDS)))


class Calibration(unittest.TestCase):
    def test_bins(self):
        table = figures.reliability([(0.05, False), (0.95, True), (0.93, False), (1.0, True)])
        self.assertEqual([(row["from"], row["answers"]) for row in table], [(0.0, 1), (0.9, 3)])
        self.assertAlmostEqual(table[1]["right"], 2 / 3)
        self.assertAlmostEqual(table[1]["confidence"], 0.96)

    def test_error(self):
        self.assertIsNone(figures.calibration_error([]))
        self.assertAlmostEqual(figures.calibration_error(figures.reliability([(1.0, True), (0.0, False)])), 0.0)
        pairs = [(0.9, True)] * 3 + [(0.9, False)] + [(0.1, False)] * 4
        self.assertAlmostEqual(figures.calibration_error(figures.reliability(pairs)), (4 * 0.15 + 4 * 0.1) / 8)


class Coverage(unittest.TestCase):
    def test_equal_confidences_stand_or_fall_together(self):
        pairs = [(0.9, True), (0.8, True), (0.8, False), (0.7, True)]
        self.assertEqual(figures.operating_points(pairs), [(0.9, 1, 1), (0.8, 3, 2), (0.7, 4, 3)])
        self.assertEqual(figures.coverage_at(pairs, 4, 0.95)["coverage"], 0.25)
        self.assertEqual(figures.coverage_at(pairs, 4, 0.75), {"coverage": 1.0, "threshold": 0.7, "precision": 0.75})

    def test_questions_without_a_reading_count(self):
        self.assertEqual(figures.coverage_at([(0.9, True)], 10, 0.95)["coverage"], 0.1)
        self.assertEqual(figures.coverage_at([(0.9, False)], 10, 0.95)["coverage"], 0.0)

    def test_risk(self):
        pairs = [(0.9, True), (0.6, False), (0.2, False)]
        rows = figures.risk_coverage(pairs, 4, (0.0, 0.5, 0.95))
        self.assertEqual([row["coverage"] for row in rows], [0.75, 0.5, 0.0])
        self.assertEqual([row["risk"] for row in rows], [2 / 3, 0.5, None])
        self.assertEqual(rows[1]["right"], 0.25)

    def test_percentiles(self):
        self.assertIsNone(figures.percentile([], 50))
        self.assertEqual(figures.percentile([3, 1, 2], 50), 2)
        self.assertEqual(figures.percentile(list(range(1, 101)), 99), 99)
        self.assertEqual(figures.percentile([7], 99), 7)


if __name__ == "__main__":
    unittest.main()
